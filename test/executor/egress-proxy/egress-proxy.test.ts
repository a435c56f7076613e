import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect as connectSocket, createServer } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EgressLimits } from '../../../src/executor/egress-proxy/egress-order.ts';
import {
  HOST,
  head,
  type Lab,
  type Listening,
  listen,
  listenRaw,
  openLab,
  PUBLIC_ADDRESS,
  say,
} from './support/egress-lab.ts';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from './support/test-certificate.ts';

const TLS = { key: TEST_CERTIFICATE_KEY, cert: TEST_CERTIFICATE };

/** Answers with what it was asked, as JSON. */
const mirror = createHttpServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    const { method, url, headers } = request;
    response.setHeader('Keep-Alive', 'timeout=5');
    response.end(JSON.stringify({ method, url, headers, body }));
  });
});

let upstream: Listening;
let grant: string;

beforeAll(async () => {
  upstream = await listen(mirror);
  grant = `tool:network:http:${HOST}:${upstream.port}`;
});
afterAll(() => upstream.close());

function bodyOf(answer: string): Record<string, unknown> {
  return JSON.parse(/\{.*\}/s.exec(answer)?.[0] ?? 'null');
}

const request = (path: string, ...fields: string[]) =>
  head(`GET http://${HOST}:${upstream.port}${path} HTTP/1.1`, `Host: ${HOST}`, ...fields);

describe('a granted host', () => {
  test('is reached by plain HTTP, at an address that the proxy looked up', async () => {
    const lab = await openLab({ allow: [grant] });
    const answer = await say(lab, request('/a?b=c'));

    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(bodyOf(answer)).toMatchObject({ method: 'GET', url: '/a?b=c' });
    expect(lab.dialled).toEqual([`${PUBLIC_ADDRESS}:${upstream.port}`]);
    expect((await lab.close()).connections).toMatchObject([
      { protocol: 'http', host: HOST, port: upstream.port, outcome: 'completed' },
    ]);
  });

  test('gets a body as it was sent, by length and in chunks', async () => {
    const lab = await openLab({ allow: [grant] });
    const line = `POST http://${HOST}:${upstream.port}/ HTTP/1.1`;
    const whole = await say(lab, head(line, 'Host: x', 'Content-Length: 5'), 'hello');
    const chunked = await say(
      lab,
      head(line, 'Host: x', 'Transfer-Encoding: chunked'),
      '5\r\nhello\r\n0\r\n\r\n',
    );
    expect([bodyOf(whole).body, bodyOf(chunked).body]).toEqual(['hello', 'hello']);
    await lab.close();
  });

  test('sees the host that was decided on, and no field that is for the proxy', async () => {
    const lab = await openLab({ allow: [grant] });
    const answer = await say(
      lab,
      request('/', 'Proxy-Authorization: Basic eA==', 'X-Mine: 1', 'Connection: X-Mine, close'),
    );
    expect(bodyOf(answer).headers).toEqual({
      host: `${HOST}:${upstream.port}`,
      connection: 'close',
    });
    await lab.close();
  });

  test('is reached through CONNECT, and plain HTTP inside is read like any other', async () => {
    const lab = await openLab({ allow: [grant] });
    const authority = `${HOST}:${upstream.port}`;
    const answer = await say(
      lab,
      head(`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`),
      head('GET /inside HTTP/1.1', `Host: ${authority}`),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 Connection established/);
    expect(bodyOf(answer)).toMatchObject({ url: '/inside' });
    await lab.close();
  });

  test('is reached through SOCKS 5 by its name', async () => {
    const lab = await openLab({ allow: [grant] });
    const answer = await say(
      lab,
      Buffer.from([5, 1, 0]),
      socksRequest(HOST, upstream.port),
      head('GET /socks HTTP/1.1', `Host: ${HOST}:${upstream.port}`),
    );
    expect(Buffer.from(answer, 'latin1').subarray(0, 4)).toEqual(Buffer.from([5, 0, 5, 0]));
    expect(bodyOf(answer)).toMatchObject({ url: '/socks' });
    await lab.close();
  });

  test('is reached by TLS, whose bytes the proxy passes as they are', async () => {
    const secure = await listen(createTlsServer(TLS, (socket) => socket.end('over tls')));
    const lab = await openLab({ allow: [`tool:network:http:${HOST}:${secure.port}`] });
    expect(await sayTls(lab, secure.port, HOST)).toBe('over tls');

    const report = await lab.close();
    expect(report.connections).toMatchObject([{ protocol: 'connect', outcome: 'completed' }]);
    expect(report.bytesUp).toBeGreaterThan(0);
    expect(report.bytesDown).toBeGreaterThan(TEST_CERTIFICATE.length / 2);
    await secure.close();
  });

  test('is refused once a deny covers it', async () => {
    const lab = await openLab({ allow: ['tool:network:http:*'], deny: [grant] });
    expect(await say(lab, request('/'))).toContain('Sallyport-Refusal: not_granted');
    expect(lab.resolved).toEqual([]);
    await lab.close();
  });

  test('is tried at its next address when the first does not answer', async () => {
    const closed = await listen(createServer());
    await closed.close();
    const lab = await openLab({
      allow: [`tool:network:http:${HOST}:${closed.port}`],
      answers: { [HOST]: [[PUBLIC_ADDRESS, '93.184.216.35']] },
    });
    const line = `GET http://${HOST}:${closed.port}/ HTTP/1.1`;
    expect(await say(lab, head(line, 'Host: x'))).toMatch(/^HTTP\/1\.1 502/);
    expect(lab.dialled).toEqual([
      `${PUBLIC_ADDRESS}:${closed.port}`,
      `93.184.216.35:${closed.port}`,
    ]);
    await lab.close();
  });
});

describe('a WebSocket', () => {
  const handshake = (port: number) =>
    head(
      `GET http://${HOST}:${port}/chat HTTP/1.1`,
      ...[`Host: ${HOST}`, 'Connection: Upgrade', 'Upgrade: websocket'],
      ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
    );

  test('needs a capability of its own', async () => {
    const lab = await openLab({ allow: [grant] });
    expect(await say(lab, handshake(upstream.port))).toContain('Sallyport-Refusal: not_granted');
    expect(lab.dialled).toEqual([]);
    await lab.close();
  });

  test('is passed in both directions when that is granted', async () => {
    const server = createHttpServer().on('upgrade', (_request, socket) => {
      socket.write(
        head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'),
      );
      socket.on('data', (chunk) => socket.end(`heard ${chunk}`));
    });
    const chat = await listen(server);
    const lab = await openLab({ allow: [`tool:network:websocket:${HOST}:${chat.port}`] });
    const answer = await say(lab, handshake(chat.port), 'frame');
    expect(answer).toMatch(/^HTTP\/1\.1 101 Switching Protocols/);
    expect(answer).toContain('heard frame');
    expect((await lab.close()).connections).toMatchObject([
      { protocol: 'websocket', host: HOST, outcome: 'completed' },
    ]);
    await chat.close();
  });
});

describe('a secret that the proxy adds', () => {
  const SECRET = 'Bearer sk-test-0123456789';
  let server: Listening;
  let seen: string[] = [];

  beforeAll(async () => {
    const secure = createHttpsServer(TLS, ({ method, url, rawHeaders }, response) => {
      seen = [`${method} ${url}`, ...rawHeaders];
      response.end('done');
    });
    server = await listen(secure);
  });
  afterAll(() => server.close());

  const openSecretLab = (allow: readonly string[]) =>
    openLab({
      allow,
      secrets: [
        {
          ...{ name: 'api-key', header: 'Authorization', value: SECRET },
          upstream: { host: HOST, port: server.port },
        },
      ],
    });

  test('goes to its own host over TLS, and replaces what the plugin sent in its place', async () => {
    const lab = await openSecretLab([`tool:network:http:${HOST}:${server.port}`]);
    const answer = await say(
      lab,
      head(
        'GET http://secrets.sallyport.internal/api-key/v1/items?q=1 HTTP/1.1',
        ...['Host: secrets.sallyport.internal', 'authorization: Bearer mine'],
      ),
    );
    expect(answer).toContain('done');
    expect(answer).not.toContain(SECRET);
    expect(seen).toEqual([
      ...['GET /v1/items?q=1', 'Host', `${HOST}:${server.port}`],
      ...['Authorization', SECRET, 'Connection', 'close'],
    ]);
    const report = await lab.close();
    expect(report.connections).toMatchObject([
      { protocol: 'secret', host: HOST, outcome: 'completed' },
    ]);
    expect(JSON.stringify(report)).not.toContain('sk-test');
  });

  test('is asked for directly, too, by programs that know no proxy', async () => {
    const lab = await openSecretLab([`tool:network:http:${HOST}:${server.port}`]);
    const answer = await say(lab, head('GET /api-key/direct HTTP/1.1', 'Host: 127.0.0.1:3128'));
    expect(answer).toContain('done');
    expect(seen[0]).toBe('GET /direct');
    await lab.close();
  });

  const TUNNEL = head('CONNECT secrets.sallyport.internal:80 HTTP/1.1', 'Host: x');

  test('is asked for in a tunnel, too, by programs that make one for everything', async () => {
    const lab = await openSecretLab([`tool:network:http:${HOST}:${server.port}`]);
    const inside = head('GET /api-key/inside HTTP/1.1', 'Host: secrets.sallyport.internal');
    expect(await say(lab, TUNNEL + inside)).toContain('done');
    expect(seen[0]).toBe('GET /inside');
    await lab.close();
  });

  test.each([
    ['to another port of that name', 'CONNECT secrets.sallyport.internal:443 HTTP/1.1', ''],
    ['to another host from inside', TUNNEL, 'GET http://evil.com/ HTTP/1.1'],
    ['to a tunnel in the tunnel', TUNNEL, 'CONNECT evil.com:443 HTTP/1.1'],
  ])('opens no way %s', async (_case, first, second) => {
    seen = [];
    const lab = await openSecretLab([`tool:network:http:${HOST}:${server.port}`]);
    const begin = first === TUNNEL ? TUNNEL : head(first, 'Host: x');
    const answer = await say(lab, second === '' ? begin : begin + head(second, 'Host: x'));
    expect(answer).toMatch(/Sallyport-Refusal: (?:not_granted|address_not_public)/);
    expect([seen, lab.dialled, lab.resolved]).toEqual([[], [], []]);
    await lab.close();
  });

  test.each([
    ['whose host is not granted', [], '/api-key/', 'not_granted'],
    ['that this sandbox does not have', ['tool:network:http:*'], '/other/', 'secret_unknown'],
    ['whose name is another', ['tool:network:http:*'], '/api-key-2', 'secret_unknown'],
  ])('is not used %s', async (_case, allow, path, refusal) => {
    seen = [];
    const lab = await openSecretLab(allow);
    const answer = await say(lab, head(`GET ${path} HTTP/1.1`, 'Host: x'));
    expect(answer).toContain(`Sallyport-Refusal: ${refusal}`);
    expect(seen).toEqual([]);
    await lab.close();
  });

  test('is not sent by a method that has the server send it back', async () => {
    const lab = await openSecretLab(['tool:network:http:*']);
    expect(await say(lab, head('TRACE /api-key/ HTTP/1.1', 'Host: x'))).toContain('method_refused');
    await lab.close();
  });

  test('is not sent to a server that cannot prove its name', async () => {
    seen = [];
    const lab = await openLab({
      allow: ['tool:network:http:*'],
      secrets: [
        {
          ...{ name: 'api-key', header: 'Authorization', value: SECRET },
          upstream: { host: 'other.sallyport.dev', port: server.port },
        },
      ],
    });
    expect(await say(lab, head('GET /api-key/ HTTP/1.1', 'Host: x'))).toMatch(/^HTTP\/1\.1 502/);
    expect(seen).toEqual([]);
    await lab.close();
  });

  test.each([
    ['a header that says where a request goes', 'Host', 'x'],
    ['a header that is two', 'X-Key', 'a\r\nHost: evil.com'],
    ['a header without a name', '', 'x'],
  ])('is refused with %s', async (_case, header, value) => {
    const secret = { name: 'k', header, value, upstream: { host: HOST, port: 443 } };
    await expect(openLab({ allow: [], secrets: [secret] })).rejects.toThrow('well-formed');
  });
});

describe('limits', () => {
  /** How one request ends. */
  async function exchange(limits: Partial<EgressLimits>): Promise<string> {
    const lab = await openLab({ allow: [grant], limits });
    await say(lab, request('/'));
    const report = await lab.close();
    return report.connections[0]!.outcome;
  }

  test('bytes to the outside pass up to the limit, and not one more', async () => {
    const lab = await openLab({ allow: [grant] });
    await say(lab, request('/'));
    const { bytesUp } = await lab.close();
    expect(await exchange({ maxBytesUp: bytesUp })).toBe('completed');
    expect(await exchange({ maxBytesUp: bytesUp - 1 })).toBe('bytes_up_exceeded');
  });

  test('bytes from the outside pass up to the limit, and not one more', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'.padEnd(140, 'x');
    const raw = await listenRaw(answer);
    const fetch = async (maxBytesDown: number) => {
      const allow = [`tool:network:http:${HOST}:${raw.port}`];
      const lab = await openLab({ allow, limits: { maxBytesDown } });
      await say(lab, head(`GET http://${HOST}:${raw.port}/ HTTP/1.1`, 'Host: x'));
      return lab.close();
    };
    expect(await fetch(answer.length)).toMatchObject({
      bytesDown: answer.length,
      connections: [{ outcome: 'completed' }],
    });
    expect(await fetch(answer.length - 1)).toMatchObject({
      bytesDown: 0,
      connections: [{ outcome: 'bytes_down_exceeded' }],
    });
    await raw.close();
  });

  test('as many connections as allowed are served in all, the next is turned away', async () => {
    const lab = await openLab({ allow: [grant], limits: { maxConnections: 2 } });
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await say(lab, request('/')));
    expect(answers.map((answer) => answer.slice(0, 15))).toEqual([
      ...['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', ''],
    ]);
    expect(await lab.close()).toMatchObject({ turnedAway: 1, connections: { length: 2 } });
  });

  test('as many connections as allowed are open at once, and a closed one makes room', async () => {
    const lab = await openLab({ allow: [grant], limits: { maxOpenConnections: 1 } });
    const waiting = connectSocket(lab.path);
    await new Promise((resolve) => waiting.once('connect', resolve));
    expect(await say(lab, request('/'))).toBe('');
    waiting.destroy();
    await expect.poll(() => say(lab, request('/'))).toMatch(/^HTTP\/1\.1 200 OK/);
    await lab.close();
  });

  test('a connection on which nothing is said ends', async () => {
    const silent = await listen(createServer());
    const allow = [`tool:network:http:${HOST}:${silent.port}`];
    const lab = await openLab({ allow, limits: { idleTimeoutMs: 50 } });
    const line = `GET http://${HOST}:${silent.port}/ HTTP/1.1`;
    expect(await say(lab, head(line, 'Host: x'))).toMatch(/^HTTP\/1\.1 504/);
    expect((await lab.close()).connections).toMatchObject([{ outcome: 'idle_timeout' }]);
    await silent.close();
  });

  test('closing ends what is open, and the report has it', async () => {
    const silent = await listen(createServer());
    const lab = await openLab({ allow: [`tool:network:http:${HOST}:${silent.port}`] });
    const answer = say(lab, head(`GET http://${HOST}:${silent.port}/ HTTP/1.1`, 'Host: x'));
    await expect.poll(() => lab.dialled.length).toBe(1);
    const report = await lab.close();
    expect(report.connections).toMatchObject([{ host: HOST, outcome: 'sandbox_ended' }]);
    expect(await answer).toBe('');
    await silent.close();
  });

  test('closing while a name is looked up leaves nothing open afterwards', async () => {
    const ended = Promise.withResolvers<void>();
    const silent = await listen(createServer((socket) => socket.on('close', ended.resolve)));
    const lookup = Promise.withResolvers<void>();
    const lab = await openLab({
      allow: [`tool:network:http:${HOST}:${silent.port}`],
      beforeAnswer: lookup.promise,
    });
    const answer = say(lab, head(`CONNECT ${HOST}:${silent.port} HTTP/1.1`, 'Host: x'));
    await expect.poll(() => lab.resolved.length).toBe(1);
    await lab.close();
    lookup.resolve();
    await ended.promise;
    expect(await answer).toBe('');
    expect(lab.dialled).toHaveLength(1);
    await silent.close();
  });
});

function socksRequest(name: string, port: number): Buffer {
  return Buffer.concat([
    Buffer.from([5, 1, 0, 3, name.length]),
    Buffer.from(name),
    Buffer.from([port >> 8, port & 0xff]),
  ]);
}

/** Speaks TLS through a CONNECT tunnel, and returns what the server says. */
async function sayTls(lab: Lab, port: number, servername: string): Promise<string> {
  const socket = connectSocket(lab.path);
  socket.write(head(`CONNECT ${HOST}:${port} HTTP/1.1`, `Host: ${HOST}`));
  await new Promise((resolve) => socket.once('data', resolve));
  const secure = connectTls({ socket, servername, ca: TEST_CERTIFICATE });
  let text = '';
  secure.on('data', (chunk) => {
    text += chunk;
  });
  secure.on('error', () => undefined);
  await new Promise((resolve) => secure.once('close', resolve));
  return text;
}
