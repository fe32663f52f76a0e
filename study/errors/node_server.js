// Handlers that fail, on Node; README.md says which line asks for what.
'use strict';

const net = require('node:net');
const readline = require('node:readline');

function fail() {
  throw new Error('the handler fails');
}

async function service() {
  throw new Error('the service refuses');
}

const handlers = {
  hello: (socket) => socket.write('hello\n'),
  fail,
  later: () => setTimeout(fail, 1),
  // Nobody adds a catch, and nothing reminds them to.
  refused: (socket) => service().then((answer) => socket.write(`${answer}\n`)),
};

function serve(socket) {
  readline.createInterface({ input: socket }).on('line', (line) => handlers[line](socket));
}

const [host, port] = process.argv[2].split(':');
net.createServer(serve).listen(Number(port), host, () => console.error('ready'));
