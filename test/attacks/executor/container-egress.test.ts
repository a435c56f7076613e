/**
 * What a program in a container with one way out does to find another: the same table for both ways
 * to run containers.
 */

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { EgressOutcome } from '../../../src/executor/egress-proxy/egress-report.ts';
import {
  type ContainerLab,
  openContainerLab,
} from '../../executor/container-sandbox/container-lab.ts';
import { openEngineLab } from '../../executor/container-sandbox/engine-lab.ts';
import {
  HOST,
  head,
  type Lab,
  type LabOptions,
  type Listening,
  listenRaw,
  openLab,
} from '../../executor/egress-proxy/support/egress-lab.ts';
import { describeSandbox } from '../../executor/support/describe-sandbox.ts';

const BODY = 'x'.repeat(100_000);
const PAGE = `${head('HTTP/1.1 200 OK', 'Connection: close', `Content-Length: ${BODY.length}`)}${BODY}`;

const DRIVERS: [string, () => Promise<ContainerLab>][] = [
  ['the bundle driver', openContainerLab],
  ['an engine', openEngineLab],
];

describeSandbox.each(DRIVERS)('a program with egress in a container of %s', (_driver, open) => {
  let lab: ContainerLab;
  let site: Listening & { readonly heard: string[] };
  let granted: string;
  let neighbour: Server;
  let egress: Lab;

  beforeAll(async () => {
    lab = await open();
    site = await listenRaw(PAGE);
    granted = `${HOST}:${site.port}`;
    neighbour = createServer((socket) => socket.end('the neighbour\n'));
    await once(neighbour.listen(0, '::'), 'listening');
  });
  afterEach(async () => {
    await egress?.close();
    site.heard.length = 0;
  });
  afterAll(async () => {
    neighbour?.close();
    await site?.close();
    await lab?.close();
  });

  /** Runs a script with a way to the site and, by the lab's table, to nothing else. */
  const run = async (script: string, options: Partial<LabOptions> = {}) => {
    egress = await openLab({ allow: [`tool:network:http:${granted}`], ...options });
    return lab.run(script, { egress: { path: egress.path } });
  };
  const get = (url: string, options = '') => `wget ${options} -q -O - '${url}' 2>&1`;

  test('reaches the host that was granted, which the receipt names with its bytes', async () => {
    const { out } = await run(`${get(`http://${granted}/`)} | wc -c; echo $HTTPS_PROXY $ALL_PROXY`);
    expect(out).toBe(`${BODY.length}\nhttp://127.0.0.1:3128 socks5h://127.0.0.1:3128\n`);
    const { connections } = await egress.close();
    expect(connections).toMatchObject([
      { host: HOST, port: site.port, outcome: 'completed', protocol: 'http' },
    ]);
    expect(connections[0]!.bytesDown).toBeGreaterThan(BODY.length);
  });

  test('is refused what was not granted by the proxy, each time on the record', async () => {
    const attempts: [string, EgressOutcome][] = [
      ['http://evil.com/', 'not_granted'],
      [`http://${HOST}:1/`, 'not_granted'],
      ['http://[2606:4700:4700::1111]/', 'not_granted'],
      ['http://169.254.169.254/latest/meta-data/', 'address_not_public'],
      ['http://[::ffff:169.254.169.254]/', 'address_not_public'],
      ['http://127.0.0.1:3128/', 'address_not_public'],
    ];
    const { out } = await run(attempts.map(([url]) => get(url)).join('; '));
    expect(out.match(/403 Forbidden/g)).toHaveLength(attempts.length);
    expect(egress.dialled).toEqual([]);
    expect((await egress.close()).connections).toMatchObject(
      attempts.map(([, outcome]) => ({ outcome, bytesUp: 0 })),
    );
  });

  test('is refused a granted name that leads inside', async () => {
    const { out } = await run(get(`http://${granted}/`), {
      answers: { [HOST]: [['169.254.169.254']] },
    });
    expect(out).toContain('403 Forbidden');
    expect((await egress.close()).connections).toMatchObject([{ outcome: 'address_not_public' }]);
  });

  test('cannot speak to another host behind the granted one', async () => {
    const tunnel = `CONNECT ${granted} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n`;
    const { out } = await run(`
      ${get(`http://${granted}/`, "--header 'Host: evil.com'")} | wc -c
      (printf '${tunnel}GET / HTTP/1.1\\r\\nHost: evil.com\\r\\n\\r\\n'; sleep 1) | nc 127.0.0.1 3128`);
    expect(out).toContain(`${BODY.length}\n`);
    expect(out).toContain('Sallyport-Refusal: host_mismatch');
    expect(site.heard).toHaveLength(1);
    expect(site.heard[0]).toMatch(new RegExp(`^Host: ${granted}\r$`, 'im'));
    expect(site.heard[0]).not.toContain('evil.com');
  });

  test('reaches nothing beside the proxy, at whatever address', async () => {
    const { port } = neighbour.address() as { port: number };
    const own = Object.values(networkInterfaces()).flatMap((all) => all?.map((one) => one.address));
    const addresses = [
      ...['127.0.0.1', '::1', '169.254.169.254', 'fd00:ec2::254', '1.1.1.1'],
      ...['2606:4700:4700::1111', '10.0.2.2', '10.88.0.1', '172.17.0.1', ...own],
    ];
    const attempts = addresses.map((address) => `nc -w 1 ${address} ${port} </dev/null`);
    const { out, err } = await run(attempts.join('; '));
    expect(out).toBe('');
    expect(err.match(/can't connect/g)).toHaveLength(attempts.length);
    expect((await egress.close()).connections).toEqual([]);
  });

  test('asks no name server, and makes no socket but for TCP', async () => {
    const { out } = await run(`
      nslookup example.com 1.1.1.1 >/dev/null 2>&1 && echo resolved
      ${get('http://example.com/', '-Y off')} && echo fetched
      nc -w 1 127.0.0.1 53 </dev/null && echo open
      ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1 && echo pinged
      echo end`);
    expect(out).toMatch(/bad address 'example.com'\nend\n$/);
    expect(egress.resolved).toEqual([]);
  });

  test('finds no socket of the proxy, no mount for it and no interface but its loopback', async () => {
    const { out } = await run(`
      cat /proc/net/unix /proc/self/mountinfo; ls -d /run/* /tmp/*
      ifconfig lo down 2>&1; ifconfig lo 127.0.0.2 2>&1; cat /proc/net/dev /proc/net/route`);
    expect(out).not.toContain('.sock');
    expect(out).not.toContain(dirname(egress.path));
    expect(out.match(/^ifconfig: socket: /gm)).toHaveLength(2);
    expect(out.match(/^ +(\w+):/gm)?.map((name) => name.trim())).toEqual(['lo:']);
    expect(out).toMatch(/Iface.*\s*$/); // no route
  });

  test('takes no more bytes and connections than its limits', async () => {
    const script = `
      ${get(`http://${granted}/`)} | wc -c
      ${get(`http://${granted}/`)} | wc -c
      ${get(`http://${granted}/`)} || true`;
    const half = BODY.length / 2;
    const { out } = await run(script, { limits: { maxBytesDown: half, maxConnections: 2 } });
    const [first, second, third] = out.split('\n');
    expect(Number(first)).toBeLessThanOrEqual(half);
    expect(Number(second)).toBeLessThan(200); // words of wget
    expect(third).not.toContain('x');
    const report = await egress.close();
    expect(report.bytesDown).toBeLessThanOrEqual(half);
    expect(report.connections.map(({ outcome }) => outcome)).toContain('bytes_down_exceeded');
    expect(report.connections).toHaveLength(2);
    expect(report.turnedAway).toBe(1);
  });

  test('does not meet another one, and each has a record of its own', async () => {
    const other = await openLab({ allow: [`tool:network:http:${granted}`] });
    const mine = run(`${get(`http://${granted}/mine`)} | wc -c`);
    const theirs = lab.run(`${get(`http://${granted}/theirs`)} | wc -c`, {
      egress: { path: other.path },
    });
    expect([(await mine).out, (await theirs).out]).toEqual(Array(2).fill(`${BODY.length}\n`));
    expect((await egress.close()).connections).toHaveLength(1);
    expect((await other.close()).connections).toHaveLength(1);
  });

  test('has neither way nor word of it without a grant', async () => {
    const { out, err } = await lab.run('env; nc -w 1 127.0.0.1 3128 </dev/null; echo end');
    expect(out).not.toMatch(/proxy/i);
    expect(out).toMatch(/\nend\n$/);
    expect(err).toMatch(/^nc: socket: /);
  });
});
