// What one connection answers, good lines and bad.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const { Client, serve, until } = require('./fakes');

const limit = { timeout: 30_000 };
const SESSION = 'IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1479413884.392014450\n';
const AT = 'AT Welsh +0.263873339 kiwi.cs.ucla.edu +34.068930-118.445127 1479413884.392014450\n';

async function session(test) {
  const served = await serve(test);
  const client = await Client.of(test, served.address);
  return { ...served, client };
}

test("the paper's session", limit, async (t) => {
  const { client, places } = await session(t);
  assert.equal(await client.ask(SESSION), AT);
  client.socket.write('WHATSAT kiwi.cs.ucla.edu 10 5\n');
  await until(() => places.asked.length === 1);
  assert.deepEqual(places.asked[0].slice(0, 4), [34.06893, -118.445127, 10, 5]);
  client.heard = '';
  places.answer(null, '{\n   "results" : []\n}');
  await until(() => client.heard.endsWith('\n\n'));
  assert.equal(client.heard, `${AT}{\n   "results" : []\n}\n\n`);
});

test('lines may come in pieces and together', limit, async (t) => {
  const { client } = await session(t);
  client.socket.write(SESSION.slice(0, 9));
  assert.equal(await client.ask(SESSION.slice(9) + SESSION + 'end\n', 'end\n'), `${AT}${AT}? end\n`);
});

test('white space may be more, and CR is part of it', limit, async (t) => {
  const { client } = await session(t);
  assert.equal(await client.ask(SESSION.replaceAll(' ', ' \t ').replace('\n', '\r\n')), AT);
});

test('an older report of the client itself replaces the newer one', limit, async (t) => {
  const { client, server } = await session(t);
  await client.ask('IAMAT kiwi +1+1 1000\n');
  await client.ask('IAMAT kiwi +2+2 900\n');
  assert.equal(server.clients.get('kiwi').latitude, 2);
});

test('of what other servers say the newer is kept, by a float', limit, async (t) => {
  const { client, server } = await session(t);
  const times = ['1000', '999', '1479413884.392014450', '1479413884.392014451'];
  const lines = times.map((time, at) => `AT Ball +0.5 kiwi +${at}+0 ${time}\n`);
  assert.equal(await client.ask(`${lines.join('')}end\n`), '? end\n');
  assert.equal(server.clients.get('kiwi').latitude, 2);
});

test('what is no command comes back behind a question mark', limit, async (t) => {
  const { client, server } = await session(t);
  const lines = ['', ' ', 'hello', 'iamat kiwi +1+1 1000', 'IAMAT', 'IAMAT kiwi +1+1', 'IAMAT kiwi +1+1 1000 x'];
  lines.push('IAMAT kiwi 1+1 1000', 'IAMAT kiwi +1 1000', 'IAMAT kiwi +1+1 noon', 'AT Ball kiwi +1+1 1000');
  for (const line of lines) assert.equal(await client.ask(`${line}\n`), `? ${line}\n`);
  assert.equal(server.clients.size, 0);
});

test('nobody is asked about what is unknown or out of bounds', limit, async (t) => {
  const { client, places } = await session(t);
  await client.ask('IAMAT kiwi +1+1 1000\n');
  const wrong = ['stranger 10 5', 'kiwi 10', 'kiwi 0 5', 'kiwi 50.5 5', 'kiwi 10 0', 'kiwi 10 21', 'kiwi 10 2.5'];
  for (const fields of wrong) {
    assert.equal(await client.ask(`WHATSAT ${fields}\n`), `? WHATSAT ${fields}\n`);
  }
  assert.equal(places.asked.length, 0);
});

test('the next line overtakes a WHATSAT, and places that fail are a bad request', limit, async (t) => {
  const { client, places } = await session(t);
  await client.ask('IAMAT kiwi +1+1 1000\n');
  assert.equal(await client.ask('WHATSAT kiwi 10 5\nhello\n'), '? hello\n');
  places.answer(new Error('nobody there'));
  await until(() => client.heard.endsWith('5\n'));
  assert.equal(client.heard, '? hello\n? WHATSAT kiwi 10 5\n');
});

test('who says that nothing more will come gets what is ready and no more', limit, async (t) => {
  const { client, places } = await session(t);
  await client.ask(SESSION);
  client.heard = '';
  client.socket.end('hello\nWHATSAT kiwi.cs.ucla.edu 10 5\nunfinished');
  await once(client.socket, 'close');
  places.answer(null, '{}');
  assert.equal(client.heard, '? hello\n');
});

test('what is not UTF-8 comes back as something else', limit, async (t) => {
  const { client } = await session(t);
  const reply = await client.ask(Buffer.from('IAMAT \xff +1+1 1000\n', 'latin1'));
  assert.match(reply, /^AT Welsh \+1479412884\.\d{9} \ufffd \+1\+1 1000\n$/);
});
