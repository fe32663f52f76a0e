// How a server speaks to a neighbour.
'use strict';

const net = require('node:net');

/** Connects, says one line and closes; then calls done, with an error if it failed.
 *
 * Flaw F11, otherwise than in Twisted: there is no time limit but the system's, some two minutes for a neighbour that
 * does not accept; a socket to one that accepts and stands still is kept until it goes on.
 */
function tell(address, message, done) {
  const socket = net.connect(address);
  socket.on('error', done);
  socket.once('close', (hadError) => hadError || done(null));
  socket.resume(); // what is answered is thrown away; unread it would keep the socket open
  socket.end(`${message}\n`);
}

module.exports = { tell };
