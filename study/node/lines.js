// The lines of a socket.
'use strict';

const { EventEmitter } = require('node:events');

/** Emits 'line' for each line, without its LF. Replies to lines that came together leave together.
 *
 * Flaw F15, otherwise than in Twisted: nothing bounds a line, and what has no end is kept.
 */
class Lines extends EventEmitter {
  constructor(socket) {
    super();
    this.rest = '';
    // Flaw F1, otherwise than in Twisted: bytes that are not UTF-8 become U+FFFD, and the id is another one.
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      socket.cork();
      this.feed(chunk);
      socket.uncork();
    });
  }

  feed(chunk) {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop();
    for (const line of lines) this.emit('line', line);
  }
}

module.exports = { Lines };
