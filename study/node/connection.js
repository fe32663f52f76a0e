// One connection, of a client or of a neighbour: nothing tells them apart.
'use strict';

const { Lines } = require('./lines');
const { parseRecord } = require('./record');

/** The flaws are those of the Twisted original, ../twisted/server_protocol.py; only what differs is said here.
 *
 * Flaw F14: Node ends its side when the client has ended its own. What was written before is sent first, so of what a
 * client asked before it hung up only a WHATSAT is lost, and a last line without its end.
 */
class Connection {
  constructor(socket, server) {
    this.socket = socket;
    this.server = server;
    new Lines(socket).on('line', (line) => this.receive(line));
    // Without a listener the error of one connection is thrown, and ends the process.
    socket.on('error', () => socket.destroy());
  }

  receive(line) {
    // Flaw F2: trim() and \s know NBSP and U+FEFF, other than Python, but neither U+0085 nor U+001C to U+001F.
    const [command, ...fields] = line.trim().split(/\s+/);
    switch (command) {
      case 'IAMAT':
        return this.iamat(line, fields);
      case 'AT':
        return this.at(line, fields);
      case 'WHATSAT':
        return this.whatsat(line, fields);
      default:
        return this.badRequest(line);
    }
  }

  iamat(line, fields) {
    const [client, location, time] = fields;
    const difference = this.server.clock() - Number(time);
    const sign = difference < 0 ? '' : '+';
    const message = `AT ${this.server.name} ${sign}${difference.toFixed(9)} ${client} ${location} ${time}`;
    const record = fields.length === 3 ? parseRecord(message, location, time) : undefined;
    if (record === undefined) return this.badRequest(line);
    this.server.keep(client, record);
    this.send(`${message}\n`);
  }

  at(line, fields) {
    const [, , client, location, time] = fields;
    const record = fields.length === 5 ? parseRecord(line.trim(), location, time) : undefined;
    if (record === undefined) return this.badRequest(line);
    this.server.hear(client, record);
  }

  whatsat(line, fields) {
    const [client, radius, bound] = [fields[0], Number(fields[1]), Number(fields[2])];
    const record = this.server.clients.get(client);
    const isValid = radius > 0 && radius <= 50 && Number.isInteger(bound) && bound > 0 && bound <= 20;
    if (fields.length !== 3 || !isValid || record === undefined) return this.badRequest(line);
    this.server.places.nearby(record.latitude, record.longitude, radius, bound, (error, places) => {
      if (error) return this.badRequest(line);
      this.send(`${record.message}\n${places}\n\n`);
    });
  }

  badRequest(line) {
    this.send(`? ${line}\n`);
  }

  /** Whoever has gone meanwhile is sent nothing. */
  send(text) {
    if (this.socket.writable) this.socket.write(text);
  }
}

module.exports = { Connection };
