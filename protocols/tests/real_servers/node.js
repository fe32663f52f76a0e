// The same pages as the others have, and some that only a program gives.
const fs = require('fs'), http = require('http'), https = require('https');
const [folder, plain, tls12, tls13] = process.argv.slice(1);

const ways = {
    '/none': (_, response) => response.writeHead(204).end(),
    '/moved': (_, response) => response.writeHead(301, { Location: '/moved/' }).end(),
    '/chunked.shtml': (_, response) => inParts(response),
    '/last.txt': (_, response) => response.setHeader('Connection', 'close').end('last\n'),
    // No length and no chunks: the end of the stream is the end of the body.
    '/until-the-close': (_, response) => {
        response.removeHeader('Transfer-Encoding');
        inParts(response);
    },
    // Closes a connection that it has said it would keep.
    '/fickle': (request, response) => {
        response.on('finish', () => request.socket.end());
        response.end('fickle\n');
    },
    // Answers the first request of a connection, and closes at the second.
    '/once': (request, response) => {
        if (request.socket.hasAnswered) return request.socket.destroySoon();
        request.socket.hasAnswered = true;
        response.end('once\n');
    },
    '/cut-off': (request, response) => {
        response.writeHead(200, { 'Content-Length': 1000 }).write('no thousand bytes');
        request.socket.destroySoon();
    },
    '/interim': (_, response) => {
        response.writeProcessing();
        response.end('at last\n');
    },
    '/echo': (request, response) => request.pipe(response),
};

function inParts(response) {
    const page = fs.readFileSync(`${folder}/site/large.txt`);
    response.write(page.subarray(0, 1000));
    response.end(page.subarray(1000));
}

function file(request, response) {
    const path = `${folder}/site${request.url}`;
    if (!fs.existsSync(path)) return response.writeHead(404).end('no such page\n');
    const modified = fs.statSync(path).mtime.toUTCString();
    if (request.headers['if-modified-since'] === modified) return response.writeHead(304).end();
    const page = fs.readFileSync(path);
    response.writeHead(200, { 'Last-Modified': modified, 'Content-Length': page.length }).end(page);
}

const answer = (request, response) => (ways[request.url] ?? file)(request, response);
const identity = { cert: fs.readFileSync(`${folder}/server.pem`), key: fs.readFileSync(`${folder}/server.key`) };
const only = version => ({ ...identity, minVersion: version, maxVersion: version });

// Longer than a busy machine takes between two requests.
const listen = (server, port) => Object.assign(server, { keepAliveTimeout: 120_000 }).listen(port, '127.0.0.1');
listen(http.createServer(answer), plain);
listen(https.createServer(only('TLSv1.2'), answer), tls12);
listen(https.createServer(only('TLSv1.3'), answer), tls13);
