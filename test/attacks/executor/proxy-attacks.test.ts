/**
 * What a hijacked plugin may try on the only socket it has. Nothing of it reaches a server, and
 * each attempt is in the report.
 */

import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import {
  HOST,
  head,
  type Lab,
  type LabOptions,
  listen,
  listenRaw,
  openLab,
  PUBLIC_ADDRESS,
  say,
} from '../../executor/egress-proxy/support/egress-lab.ts';

const OK = head('HTTP/1.1 200 OK', 'Content-Length: 0', 'Connection: close');
const GRANT = `tool:network:http:${HOST}:443`;
const PLAIN_GRANT = `tool:network:http:${HOST}:80`;

let lab: Lab;

async function open(options: LabOptions = { allow: [GRANT, PLAIN_GRANT] }): Promise<Lab> {
  lab = await openLab(options);
  return lab;
}
afterEach(() => lab.close());

const connectTo = (authority: string) => head(`CONNECT ${authority} HTTP/1.1`, `Host: ${HOST}`);
const get = (url: string) => head(`GET ${url} HTTP/1.1`, `Host: ${HOST}`);

/** The attempt is refused for this reason, nothing was dialled, and it is on record. */
async function expectRefused(words: string | Buffer, reason: string): Promise<void> {
  expect(await say(lab, words)).toContain(`Sallyport-Refusal: ${reason}`);
  expect(lab.dialled).toEqual([]);
  expect((await lab.close()).connections).toMatchObject([{ outcome: reason, bytesUp: 0 }]);
}

describe('a host that was not granted is refused', () => {
  test.each([
    ['another host', 'evil.com:443', 'not_granted'],
    ['another port', `${HOST}:8443`, 'not_granted'],
    ['a longer name', `${HOST}.evil.com:443`, 'not_granted'],
    ['a name with more before it', `x${HOST}:443`, 'not_granted'],
    ['a lower name', `evil.${HOST}:443`, 'not_granted'],
    ['a dot at its end', `${HOST}.:443`, 'target_malformed'],
    ['a user before it', `${HOST}:443@evil.com:443`, 'target_malformed'],
    ['a user that looks like it', `${HOST}@evil.com:443`, 'target_malformed'],
    ['letters that are no ASCII', 'àpi.sallyport.dev:443', 'head_malformed'],
    ['punycode of letters that look alike', 'xn--pi-7kc.sallyport.dev:443', 'target_malformed'],
    ['an escape', 'api%2Esallyport.dev:443', 'target_malformed'],
    ['no port', HOST, 'target_malformed'],
    ['a port beyond all', `${HOST}:65979`, 'target_malformed'],
    ['port 443 in two ways', `${HOST}:0443`, 'target_malformed'],
    ['a path', `${HOST}:443/..`, 'target_malformed'],
  ])('through CONNECT: %s', async (_case, authority, reason) => {
    await open();
    await expectRefused(Buffer.from(connectTo(authority), 'latin1'), reason);
  });

  test.each([
    ['another host', 'http://evil.com/', 'not_granted'],
    ['a user before it', `http://${HOST}@evil.com/`, 'target_malformed'],
    ['a backslash', `http://evil.com\\@${HOST}/`, 'head_malformed'],
    ['a number sign', `http://evil.com#@${HOST}/`, 'head_malformed'],
    ['TLS that the proxy would have to speak', `https://${HOST}/`, 'target_malformed'],
    ['a file', 'file:///etc/shadow', 'target_malformed'],
  ])('by plain HTTP: %s', async (_case, url, reason) => {
    await open();
    await expectRefused(get(url), reason);
  });

  test('by plain HTTP, when the Host field names a granted one', async () => {
    await open();
    await expectRefused(head('GET http://evil.com/ HTTP/1.1', `Host: ${HOST}`), 'not_granted');
  });
});

describe('an address inside is refused', () => {
  const LITERALS = [
    ...['127.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254', '100.64.0.1'],
    ...['0.0.0.0', '[::1]', '[::]', '[fe80::1]', '[fd00::1]', '[fd00:ec2::254]', '168.63.129.16'],
    ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]'],
    ...['224.0.0.1', '255.255.255.255', '[ff02::1]', '192.0.2.1', 'localhost', 'db.internal'],
  ];
  test.each(LITERALS)('as %s, though every host is granted', async (host) => {
    await open({ allow: ['tool:network:http:*'] });
    await expectRefused(connectTo(`${host}:80`), 'address_not_public');
  });

  test.each(['2130706433', '0x7f000001', '0x7f.1', '017700000001', '127.1', '127.0.0.01'])(
    'spelled as %s',
    async (host) => {
      await open({ allow: ['tool:network:http:*'] });
      await expectRefused(Buffer.from(connectTo(`${host}:80`), 'latin1'), 'target_malformed');
    },
  );

  test.each([
    ...['127.0.0.1', '10.1.2.3', '169.254.169.254', '100.100.100.200', '0.0.0.0', '::1'],
    ...['fe80::1', 'fe80::1%eth0', 'fd12::1', '::ffff:10.0.0.1', '64:ff9b::a9fe:a9fe', 'nonsense'],
  ])('as what a granted name resolves to: %s', async (address) => {
    await open({ allow: [GRANT], answers: { [HOST]: [[address]] } });
    await expectRefused(connectTo(`${HOST}:443`), 'address_not_public');
  });

  test('as one of several that a granted name resolves to', async () => {
    await open({ allow: [GRANT], answers: { [HOST]: [[PUBLIC_ADDRESS, '10.0.0.1']] } });
    await expectRefused(connectTo(`${HOST}:443`), 'address_not_public');
  });

  test('as a metadata service, though the operator opened the name', async () => {
    await open({
      allow: ['tool:network:http:*'],
      privateHosts: ['printer.local:80'],
      answers: { 'printer.local': [['169.254.169.254']] },
    });
    await expectRefused(get('http://printer.local/'), 'address_not_public');
  });
});

describe('a name that changes its answer', () => {
  test('is dialled at what was judged, and looked up anew for the next connection', async () => {
    const upstream = await listenRaw(OK);
    await open({
      allow: [`tool:network:http:${HOST}:${upstream.port}`],
      answers: { [HOST]: [[PUBLIC_ADDRESS], ['127.0.0.1']] },
    });
    const url = `http://${HOST}:${upstream.port}/`;
    expect(await say(lab, get(url))).toMatch(/^HTTP\/1\.1 200/);
    expect(await say(lab, get(url))).toContain('address_not_public');
    expect(lab.dialled).toEqual([`${PUBLIC_ADDRESS}:${upstream.port}`]);
    expect(lab.resolved).toEqual([HOST, HOST]);
    await upstream.close();
  });

  test('that was not granted is not even looked up, so that names carry nothing out', async () => {
    await open();
    await say(lab, connectTo('c2VjcmV0.evil.com:443'));
    expect(lab.resolved).toEqual([]);
  });
});

describe('SOCKS', () => {
  const hello = Buffer.from([5, 1, 0]);
  const ask = (command: number, kind: number, address: readonly number[]) =>
    Buffer.from([5, command, 0, kind, ...address, 0, 80]);

  test.each([
    ['an address instead of a name', ask(1, 1, [127, 0, 0, 1]), 2, 'address_not_public'],
    ['a public address', ask(1, 1, [93, 184, 216, 34]), 2, 'not_granted'],
    ['an IPv6 address', ask(1, 4, [...Array(15).fill(0), 1]), 2, 'address_not_public'],
    ['a name that is an address', ask(1, 3, [4, ...Buffer.from('::1%')]), 2, 'target_malformed'],
    ['an ungranted name', ask(1, 3, [8, ...Buffer.from('evil.com')]), 2, 'not_granted'],
    ['to listen', ask(2, 1, [0, 0, 0, 0]), 7, 'command_refused'],
    ['to send datagrams', ask(3, 1, [0, 0, 0, 0]), 7, 'command_refused'],
    ['an unknown kind of address', ask(1, 9, [1, 1, 1, 1]), 2, 'head_malformed'],
    ['an empty name', ask(1, 3, [0]), 2, 'head_malformed'],
  ])('does not take %s', async (_case, request, reply, outcome) => {
    await open();
    const answer = Buffer.from(await say(lab, hello, request), 'latin1');
    expect([...answer.subarray(0, 4)]).toEqual([5, 0, 5, reply]);
    expect(lab.dialled).toEqual([]);
    expect((await lab.close()).connections).toMatchObject([{ protocol: 'socks5', outcome }]);
  });

  test('is not spoken with one who insists on a user name', async () => {
    await open();
    expect(await say(lab, Buffer.from([5, 1, 2]))).toBe('');
    expect((await lab.close()).connections).toMatchObject([{ outcome: 'head_malformed' }]);
  });
});

describe('a tunnel', () => {
  async function openTunnelTo(answer = ''): Promise<Awaited<ReturnType<typeof listenRaw>>> {
    const upstream = await listenRaw(answer);
    await open({ allow: [`tool:network:http:${HOST}:${upstream.port}`] });
    return upstream;
  }

  test.each([['evil.com'], ['api.sallyport.dev.evil.com'], ['API2.sallyport.dev'], [undefined]])(
    'does not carry TLS that names %s',
    async (servername) => {
      const upstream = await openTunnelTo();
      const socket = connect(lab.path);
      socket.write(connectTo(`${HOST}:${upstream.port}`));
      await new Promise((resolve) => socket.once('data', resolve));
      const secure = connectTls({ socket, ...(servername !== undefined && { servername }) });
      secure.on('error', () => undefined);
      await new Promise((resolve) => secure.once('close', resolve));
      expect(upstream.heard).toEqual([]);
      expect((await lab.close()).connections).toMatchObject([
        { outcome: 'server_name_mismatch', bytesUp: 0 },
      ]);
      await upstream.close();
    },
  );

  test.each([
    ['a protocol it does not know', Buffer.from('\0\0\0\x08ping'), 'protocol_unknown'],
    ['a TLS record that lies about itself', Buffer.from([0x16, 9, 9, 0, 1, 1]), 'head_malformed'],
    [
      'TLS that does not begin with a greeting',
      Buffer.from([0x16, 3, 1, 0, 4, 2, 0, 0, 0]),
      'head_malformed',
    ],
    [
      'a greeting without end',
      Buffer.from([0x16, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff]),
      'head_malformed',
    ],
  ])('does not carry %s', async (_case, bytes, outcome) => {
    const upstream = await openTunnelTo();
    await say(lab, connectTo(`${HOST}:${upstream.port}`), bytes);
    expect(upstream.heard).toEqual([]);
    expect((await lab.close()).connections).toMatchObject([{ outcome }]);
    await upstream.close();
  });

  test('does not carry plain HTTP for another host behind the same address', async () => {
    const upstream = await openTunnelTo(OK);
    const tunnel = connectTo(`${HOST}:${upstream.port}`);
    const answer = await say(lab, tunnel, head('GET / HTTP/1.1', 'Host: evil.com:80'));
    expect(answer).toContain('Sallyport-Refusal: host_mismatch');
    expect(upstream.heard).toEqual([]);
    await upstream.close();
  });

  test.each([
    ['breaks off', 'upstream_failed', (peer: Socket) => peer.resetAndDestroy()],
    ['says too much', 'bytes_down_exceeded', (peer: Socket) => peer.end('a greeting')],
  ])(
    'to a host that %s before its client speaks ends itself alone',
    async (_case, outcome, act) => {
      const { promise: dialled, resolve: accept } = Promise.withResolvers<Socket>();
      const upstream = await listen(createServer(accept));
      const limits = { maxBytesDown: 4 };
      await open({ allow: [`tool:network:http:${HOST}:${upstream.port}`], limits });
      const client = connect(lab.path);
      client.write(connectTo(`${HOST}:${upstream.port}`));
      await new Promise((resolve) => client.once('data', resolve)); // the tunnel is open
      act(await dialled);
      // An error that nobody hears would end the process that all sandboxes share.
      await new Promise((resolve) => client.resume().on('close', resolve));
      expect((await lab.close()).connections).toMatchObject([{ protocol: 'connect', outcome }]);
      await upstream.close();
    },
  );

  test.each([
    ['a request', []],
    ['a WebSocket', ['Connection: Upgrade', 'Upgrade: websocket']],
  ])('to a host that breaks off while %s is read has an answer at once', async (_case, fields) => {
    const { promise: dialled, resolve: accept } = Promise.withResolvers<Socket>();
    const upstream = await listen(createServer(accept));
    const authority = `${HOST}:${upstream.port}`;
    const words = head('GET / HTTP/1.1', `Host: ${authority}`, ...fields);
    await open({ allow: ['http', 'websocket'].map((name) => `tool:network:${name}:${authority}`) });
    const client = connect(lab.path);
    client.write(connectTo(authority));
    await new Promise((resolve) => client.once('data', resolve)); // the tunnel is open
    client.write(words.slice(0, 4));
    await say(lab, 'x\r\n\r\n'); // by now the proxy has read what came before
    (await dialled).resetAndDestroy();
    await expect.poll(() => lab.sockets[0]?.destroyed).toBe(true);
    client.resume().write(words.slice(4));
    await new Promise((resolve) => client.on('close', resolve));
    const [, broken] = (await lab.close()).connections;
    expect(broken).toMatchObject({ host: HOST, outcome: 'upstream_failed' });
    await upstream.close();
  });

  test('does not lead to a secret, which goes to another host', async () => {
    const upstream = await openTunnelTo(OK);
    const inside = get('http://secrets.sallyport.internal/api-key/');
    const answer = await say(lab, connectTo(`${HOST}:${upstream.port}`) + inside);
    expect(answer).toContain('Sallyport-Refusal: host_mismatch');
    await upstream.close();
  });

  test('does not lead into another tunnel', async () => {
    const upstream = await openTunnelTo(OK);
    const tunnel = connectTo(`${HOST}:${upstream.port}`);
    await say(lab, tunnel, connectTo('evil.com:443'));
    expect(upstream.heard).toEqual([]);
    expect(lab.dialled).toEqual([`${PUBLIC_ADDRESS}:${upstream.port}`]);
    await upstream.close();
  });
});

describe('a request that two readers would read in two ways', () => {
  const line = `POST http://${HOST}/ HTTP/1.1`;
  test.each([
    ['length and chunks', head(line, 'Host: x', 'Content-Length: 4', 'Transfer-Encoding: chunked')],
    ['two lengths', head(line, 'Host: x', 'Content-Length: 4', 'Content-Length: 5')],
    ['a length that is none', head(line, 'Host: x', 'Content-Length: +4')],
    ['an unknown encoding last', head(line, 'Host: x', 'Transfer-Encoding: chunked, x')],
    ['a folded field', head(line, 'Host: x', 'X: 1', ' Transfer-Encoding: chunked')],
    ['a space before the colon', head(line, 'Host: x', 'Content-Length : 4')],
    ['a bare line feed', `${line}\nHost: x\n\n`],
    ['no host', head(line)],
    ['a NUL', head(line, 'Host: x', 'X: \0')],
    ['a head without end', `${line}\r\nHost: x\r\nX: ${'x'.repeat(20_000)}`],
  ])('is refused: %s', async (_case, words) => {
    await open();
    expect(await say(lab, words)).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(lab.dialled).toEqual([]);
  });

  test('is not followed by a second one on the same connection', async () => {
    const upstream = await listenRaw(OK);
    await open({ allow: [`tool:network:http:${HOST}:${upstream.port}`] });
    const url = `http://${HOST}:${upstream.port}`;
    await say(lab, get(`${url}/first`) + get(`${url}/second`));
    expect(upstream.heard.join('')).toContain('GET /first');
    expect(upstream.heard.join('')).not.toContain('second');
    expect(lab.dialled).toHaveLength(1);
    await upstream.close();
  });
});

describe('a request within the body of another', () => {
  const within = head('GET /evil HTTP/1.1', 'Host: evil.com');
  const length = `Content-Length: ${within.length}`;
  const chunked = 'Transfer-Encoding: chunked';
  const inChunks = `${within.length.toString(16)}\r\n${within}\r\n0\r\n\r\n`;
  const many = Array.from({ length: 2_100 }, () => 'A:b');
  test.each([
    ['whose length is said to be for the proxy', [length, 'Connection: content-length'], within],
    ['whose length comes after many fields', [...many, length], within],
    [
      'whose chunks are said to be for the proxy',
      [chunked, 'Connection: transfer-encoding'],
      inChunks,
    ],
    ['whose chunks come after many fields', [...many, chunked], inChunks],
    ['that is sent with an upgrade', [length, 'Connection: Upgrade', 'Upgrade: websocket'], within],
  ])('stays within it: %s', async (_case, fields, body) => {
    const upstream = await listenRaw(OK);
    const families = ['http', 'websocket'];
    await open({ allow: families.map((name) => `tool:network:${name}:${HOST}:${upstream.port}`) });
    const line = `GET http://${HOST}:${upstream.port}/ HTTP/1.1`;
    await say(lab, head(line, 'Host: x', ...fields) + body);
    const [asked = '', rest = ''] = upstream.heard.join('').split(/(?<=\r\n\r\n)(.*)/s);
    if (rest.includes('evil')) {
      expect(asked).toMatch(new RegExp(`^(?:${length}|${chunked})\r$`, 'im'));
    }
    await upstream.close();
  });
});

describe('a protocol by the side door', () => {
  test.each(['h2c', 'TLS/1.0', 'websocket, h2c', 'smtp'])(
    'is refused: Upgrade to %s',
    async (to) => {
      await open();
      const words = head(
        `GET http://${HOST}/ HTTP/1.1`,
        'Host: x',
        'Connection: Upgrade',
        `Upgrade: ${to}`,
      );
      await expectRefused(words, 'upgrade_refused');
    },
  );

  test('is refused: a first line that no one knows', async () => {
    await open();
    expect(await say(lab, 'EHLO x\r\n')).toMatch(/^HTTP\/1\.1 400/);
    expect((await lab.close()).connections).toMatchObject([{ outcome: 'head_malformed' }]);
  });
});

describe('a client that takes its time', () => {
  test.each([
    ['says nothing', ''],
    ['begins to greet', Buffer.from([5, 200, 0])],
    ['never ends its head', `GET http://${HOST}/ HTTP/1.1\r\nX-A: `],
  ])('is let go of when it %s', async (_case, words) => {
    await open({ allow: [PLAIN_GRANT], limits: { headTimeoutMs: 50 } });
    const client = connect(lab.path);
    if (words.length > 0) client.write(words);
    client.on('error', () => undefined).resume();
    await new Promise((resolve) => client.on('close', resolve));
    expect((await lab.close()).connections).toMatchObject([{ outcome: 'head_timeout' }]);
  });

  test('is let go of when it opens a tunnel and says nothing in it', async () => {
    const upstream = await listenRaw('');
    await open({
      allow: [`tool:network:http:${HOST}:${upstream.port}`],
      limits: { headTimeoutMs: 50 },
    });
    await say(lab, connectTo(`${HOST}:${upstream.port}`));
    expect((await lab.close()).connections).toMatchObject([{ outcome: 'head_timeout' }]);
    await upstream.close();
  });
});
