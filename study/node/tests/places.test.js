// Places, asked of a server on loopback.
'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { once } = require('node:events');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { Places, cut } = require('../places');

const limit = { timeout: 30_000 };
const ANSWER = `{
   "html_attributions" : [],
   "results" : [
      {
         "name" : "Café \\"東京\\": 1"
      },
      {
         "name" : "second"
      }
   ],
   "status" : "OK"
}`;

const cutTo = promisify(cut);

/** The answer to one question whose service says `body`, and what the service was asked. */
async function ask(t, body) {
  const urls = [];
  const service = http.createServer((request, response) => {
    urls.push(request.url);
    response.end(body);
  });
  service.listen(0, '127.0.0.1');
  t.after(() => service.close());
  await once(service, 'listening');
  const places = new Places(`http://127.0.0.1:${service.address().port}`, 'secret');
  return new Promise((resolve) => {
    places.nearby(34.06893, -118.445127, 10, 20, (error, text) => resolve({ error, text, urls }));
  });
}

test("as many results as asked for, in Google's form", limit, async () => {
  assert.equal(await cutTo(ANSWER, 20), ANSWER);
  const one = ANSWER.replace(',\n      {\n         "name" : "second"\n      }', '');
  assert.notEqual(one, ANSWER);
  assert.equal(await cutTo(ANSWER, 1), one);
});

test('the question and the answer', limit, async (t) => {
  const { error, text, urls } = await ask(t, ANSWER);
  assert.equal(error, null);
  assert.equal(text, ANSWER);
  assert.deepEqual(urls, ['/maps/api/place/nearbysearch/json?location=34.06893,-118.445127&radius=10000&key=secret']);
});

test('what is not an answer is an error', limit, async (t) => {
  assert.ok((await ask(t, '<html>')).error instanceof SyntaxError);
  assert.ok((await ask(t, '{}')).error instanceof TypeError);
});

test('a service that is not there is an error', limit, async (t) => {
  const places = new Places('http://127.0.0.1:1', 'secret');
  const error = await new Promise((resolve) => places.nearby(0, 0, 1, 1, resolve));
  assert.equal(error.code, 'ECONNREFUSED');
});
