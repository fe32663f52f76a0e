// One server of the herd: what it knows, and whom it tells.
'use strict';

const { tell } = require('./neighbour');

class Server {
  constructor(name, neighbours, places, clock = now) {
    this.name = name;
    this.neighbours = neighbours;
    this.places = places;
    this.clock = clock;
    this.clients = new Map();
  }

  /** What a client says of itself is not compared with what is known (flaw F5). */
  keep(client, record) {
    this.clients.set(client, record);
    this.flood(record.message);
  }

  /** What another server says of a client is kept if it is newer. */
  hear(client, record) {
    const stored = this.clients.get(client);
    if (stored === undefined || record.time > stored.time) this.keep(client, record);
  }

  flood(message) {
    // Flaw F12: an error is a message that is lost.
    for (const address of this.neighbours) tell(address, message, () => {});
  }
}

/** Seconds. Flaw F22: Date.now() counts milliseconds, so a difference is right to one of them, and may be negative. */
function now() {
  return Date.now() / 1000;
}

module.exports = { Server };
