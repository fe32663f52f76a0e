// The command line.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { Arguments } = require('../arguments');

const ports = (neighbours) => neighbours.map(({ port }) => port).sort();

test('a name is enough, and the links are a ring', () => {
  assert.deepEqual(new Arguments(['Welsh']).address, { host: '127.0.0.1', port: 12004 });
  assert.deepEqual(ports(new Arguments(['Welsh']).neighbours), [12000, 12001]);
  assert.deepEqual(ports(new Arguments(['Alford']).neighbours), [12002, 12004]);
  assert.deepEqual(ports(new Arguments(['Ball']).neighbours), [12003, 12004]);
  assert.deepEqual(ports(new Arguments(['Hamilton']).neighbours), [12000, 12003]);
  assert.deepEqual(ports(new Arguments(['Holiday']).neighbours), [12001, 12002]);
});

test('addresses and links can be given, and links may be none', () => {
  const given = ['A', '--address', 'A=127.0.0.1:1', '--address', 'B=::1:2', '--links', 'B-A'];
  assert.deepEqual(new Arguments(given).neighbours, [{ host: '::1', port: 2 }]);
  assert.deepEqual(new Arguments(['Welsh', '--links', 'none']).neighbours, []);
});

test('what cannot be understood says so', () => {
  for (const args of [[], ['Nobody']]) assert.throws(() => new Arguments(args), Error);
  const wrong = ['--links Welsh', '--links Welsh-Nobody', '--address Welsh=12004', '--address x', '--places x', '--x'];
  for (const flag of wrong) assert.throws(() => new Arguments(['Welsh', ...flag.split(' ')]), Error, flag);
});
