// Five servers on loopback, linked in the ring.
'use strict';

const assert = require('node:assert/strict');
const net = require('node:net');
const { once } = require('node:events');
const { test } = require('node:test');

const { Arguments } = require('../arguments');
const { tell } = require('../neighbour');
const { Client, serve } = require('./fakes');

const limit = { timeout: 30_000 };
const NAMES = ['Alford', 'Ball', 'Hamilton', 'Holiday', 'Welsh'];
const places = { nearby: (...question) => question.at(-1)(null, '{}') };

async function herd(t) {
  const served = await Promise.all(NAMES.map((name) => serve(t, { name, places })));
  const addresses = served.flatMap(({ address: { host, port } }, at) => ['--address', `${NAMES[at]}=${host}:${port}`]);
  served.forEach(({ server }) => server.neighbours.push(...new Arguments([server.name, ...addresses]).neighbours));
  return Promise.all(served.map(async ({ address }) => Client.of(t, address)));
}

test('a report to any one is known to all', limit, async (t) => {
  const clients = await herd(t);
  for (const [number, reporter] of clients.entries()) {
    const at = await reporter.ask(`IAMAT kiwi${number} +34.068930-118.445127 1479413884.392014450\n`);
    assert.ok(at.startsWith(`AT ${NAMES[number]} +0.263873339 `), at);
    for (const client of clients) {
      let answer;
      do answer = await client.ask(`WHATSAT kiwi${number} 10 5\n`);
      while (answer.startsWith('? '));
      assert.equal(answer, `${at}{}\n\n`);
    }
  }
});

test('a neighbour is told one line, and the connection closes', limit, async (t) => {
  const listener = net.createServer().listen(0, '127.0.0.1');
  t.after(() => listener.close());
  await once(listener, 'listening');
  const told = new Promise((resolve) => tell({ host: '127.0.0.1', port: listener.address().port }, 'AT x', resolve));
  const [socket] = await once(listener, 'connection');
  assert.equal((await socket.setEncoding('utf8').toArray()).join(''), 'AT x\n');
  assert.equal(await told, null);
});

test('what a neighbour is not there to hear is an error of the callback', limit, async () => {
  const listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  listener.close();
  await once(listener, 'close');
  const error = await new Promise((resolve) => tell({ host: '127.0.0.1', port }, 'AT x', resolve));
  assert.equal(error.code, 'ECONNREFUSED');
});
