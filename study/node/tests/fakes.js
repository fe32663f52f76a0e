// Servers and clients on loopback, and places that answer when the test says so.
'use strict';

const net = require('node:net');
const { once } = require('node:events');

const { Connection } = require('../connection');
const { Server } = require('../server');

const NOW = 1479413884.655887835;

class FakePlaces {
  asked = [];

  nearby(...question) {
    this.asked.push(question);
  }

  /** Answers the oldest question. */
  answer(error, text) {
    this.asked.shift().at(-1)(error, text);
  }
}

/** A server that listens; test.after closes it. */
async function serve(test, { name = 'Welsh', places = new FakePlaces(), clock = () => NOW } = {}) {
  const server = new Server(name, [], places, clock);
  const listener = net.createServer((socket) => new Connection(socket, server)).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  test.after(() => listener.close());
  return { server, places, address: { host: '127.0.0.1', port: listener.address().port } };
}

/** A client that hears everything as one text. */
class Client {
  constructor(socket) {
    this.socket = socket;
    this.heard = '';
    socket.setEncoding('utf8').on('data', (chunk) => (this.heard += chunk));
  }

  static async of(test, address) {
    const socket = net.connect(address);
    await once(socket, 'connect');
    test.after(() => socket.destroy());
    return new Client(socket);
  }

  /** What is heard until `end` comes. */
  async ask(text, end = '\n') {
    this.heard = '';
    this.socket.write(text);
    await until(() => this.heard.endsWith(end));
    return this.heard;
  }
}

/** Looks again after every turn of the loop; the runner's time limit ends what never comes. */
async function until(condition) {
  while (!condition()) await new Promise(setImmediate);
}

module.exports = { Client, serve, until };
