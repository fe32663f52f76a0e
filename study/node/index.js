// One server of the paper's herd: `node study/node Welsh`.
'use strict';

const net = require('node:net');

const { Arguments } = require('./arguments');
const { Connection } = require('./connection');
const { Places } = require('./places');
const { Server } = require('./server');

// Linux cuts it down to net.core.somaxconn; the same as the Twisted original's.
const BACKLOG = 4096;

function main() {
  const { name, address, neighbours, places } = Arguments.parseOrExit(process.argv.slice(2));
  const server = new Server(name, neighbours, new Places(places, process.env.GOOGLE_PLACES_API_KEY ?? ''));
  // noDelay: replies are small writes; without it, one may wait for the acknowledgement of the one before.
  const listener = net.createServer({ noDelay: true }, (socket) => new Connection(socket, server));
  listener.listen({ ...address, backlog: BACKLOG }, () => {
    console.error(`${name}: ready on ${address.host}:${address.port}`);
  });
  process.once('SIGTERM', () => process.exit(0));
}

main();
