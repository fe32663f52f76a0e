// The command line: who I am, where everybody is, who talks to whom.
'use strict';

const { parseArgs } = require('node:util');

const ADDRESSES = {
  Alford: { host: '127.0.0.1', port: 12000 },
  Ball: { host: '127.0.0.1', port: 12001 },
  Hamilton: { host: '127.0.0.1', port: 12002 },
  Holiday: { host: '127.0.0.1', port: 12003 },
  Welsh: { host: '127.0.0.1', port: 12004 },
};
const USAGE = 'usage: node study/node NAME [--address NAME=HOST:PORT]... [--links A-B,C-D|none] [--places BASE_URL]';
const OPTIONS = {
  address: { type: 'string', multiple: true, default: [] },
  links: { type: 'string', default: 'Alford-Hamilton,Alford-Welsh,Ball-Holiday,Ball-Welsh,Hamilton-Holiday' },
  places: { type: 'string', default: 'https://maps.googleapis.com' },
};

class Arguments {
  /** Throws an Error that says what is wrong. */
  constructor(args) {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    if (positionals.length !== 1) throw new Error('one NAME is needed');
    const addresses = { ...ADDRESSES, ...Object.fromEntries(values.address.map(parseAddress)) };
    const links = values.links === 'none' ? [] : values.links.split(',').map(parseLink);
    this.name = positionals[0];
    this.address = find(addresses, this.name);
    this.neighbours = links
      .filter((link) => link.includes(this.name))
      .map(([one, other]) => find(addresses, one === this.name ? other : one));
    this.places = new URL(values.places).href;
  }

  static parseOrExit(args) {
    try {
      return new Arguments(args);
    } catch (error) {
      console.error(`${USAGE}\nerror: ${error.message}`);
      process.exit(2);
    }
  }
}

function parseAddress(text) {
  const match = /^([^=]+)=(.+):(\d+)$/.exec(text);
  if (match === null) throw new Error(`an address is NAME=HOST:PORT, not '${text}'`);
  return [match[1], { host: match[2], port: Number(match[3]) }];
}

function parseLink(text) {
  const names = text.split('-');
  if (names.length !== 2) throw new Error(`a link is A-B, not '${text}'`);
  return names;
}

function find(addresses, name) {
  if (!Object.hasOwn(addresses, name)) throw new Error(`no address of '${name}'; give --address ${name}=HOST:PORT`);
  return addresses[name];
}

module.exports = { Arguments };
