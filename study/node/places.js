// Google's Nearby Search, asked through Node's own HTTP client.
'use strict';

const http = require('node:http');
const https = require('node:https');

const PATH = 'maps/api/place/nearbysearch/json';

class Places {
  constructor(baseUrl, key) {
    this.url = new URL(PATH, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
    this.get = this.url.protocol === 'https:' ? https.get : http.get;
    this.key = key;
  }

  /** Calls done(error, text), once; the text is the answer, cut to `bound` results. */
  nearby(latitude, longitude, radius, bound, done) {
    const query = `location=${latitude},${longitude}&radius=${radius * 1000}&key=${encodeURIComponent(this.key)}`;
    const request = this.get(`${this.url}?${query}`, (response) => {
      readBody(response, (error, body) => {
        if (error) return done(error);
        cut(body, bound, done);
      });
    });
    request.on('error', done);
  }
}

function readBody(response, done) {
  let body = '';
  response.setEncoding('utf8');
  response.on('data', (chunk) => (body += chunk));
  response.once('end', () => done(null, body));
  response.on('error', done);
}

/** An exception that nobody catches ends the process, so what JSON.parse throws is passed on as an error. */
function cut(body, bound, done) {
  let text;
  try {
    const answer = JSON.parse(body);
    answer.results = answer.results.slice(0, bound);
    text = print(answer);
  } catch (error) {
    return done(error);
  }
  done(null, text);
}

/** Google's form: JSON.stringify knows no space before a colon. */
function print(answer) {
  return JSON.stringify(answer, null, 3).replace(/^( *"(?:[^"\\]|\\.)*"):/gm, '$1 :');
}

module.exports = { Places, cut };
