/** Whoever would read a secret, or have it sent elsewhere. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_SECRET_BYTES, MAX_SECRET_HOSTS } from '../../src/core/vault/secret.ts';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { END } from '../support/approvals.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { installScript } from '../support/script-plugins.ts';
import {
  EchoService,
  installWeather,
  openHosts,
  weatherManifest,
} from '../support/vault-plugin.ts';

const VALUE = 'vk-9c41-canary-of-the-vault';

let gateway: Gateway;
let api: Api;
const service = new EchoService();
const stranger = new EchoService();

beforeAll(async () => {
  await Promise.all([service.start(), stranger.start()]);
  service.away = stranger.url;
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  await openHosts(api, [service.host, stranger.host]);
  await installWeather(gateway, ['weather-key']);
  await put('weather-key', { value: VALUE, hosts: [service.host] });
  await put('other-key', { value: VALUE, hosts: [service.host] });
  await configure('weather-key');
});
afterAll(async () => {
  await gateway?.dispose();
  service.close();
  stranger.close();
});

const put = (name: string, secret: object) => api.put(`/v1/secrets/${name}`, secret);
const configure = (secret: string) =>
  api.put('/v1/plugins/weather/config', { values: { key: { secret } } });
const ask = (args: object = {}, by = api) =>
  by.post('/v1/tools/weather/call', { arguments: { url: service.url, ...args } });

async function holderOf(...grants: string[]): Promise<Api> {
  const subject = { kind: 'service', id: `svc-${Math.random().toString(36).slice(2)}` };
  const { body } = await api.post('/v1/tokens', { subject, grants });
  return callApi(gateway, body.token);
}

const sentTo = ({ seen }: EchoService) => JSON.stringify(seen);

describe('a plugin', () => {
  test('reads a handle in the place of the value, another one in each call', async () => {
    const shown = async () => (await ask({ show: 'key' })).body.result;
    const [first, second] = [await shown(), await shown()];
    expect(first).toMatch(/^"?sallyport-secret-[0-9a-f]{32}"?$/);
    expect(second).not.toBe(first);
  });

  test('sends it to no host but those of the secret, though it may reach them', async () => {
    const { status, body } = await ask({ url: stranger.url });
    expect([status, body.reason]).toEqual([403, 'host_denied']);
    expect(stranger.seen).toEqual([]);
  });

  test('has it not carried on by a redirect', async () => {
    const before = service.seen.length;
    await ask({ url: `${service.url}away` });
    await ask({ url: `${service.url}away`, header: 'X-Api-Key', prefix: '' });
    await ask({ url: `${service.url}away`, header: 'Accept', prefix: '' });
    expect(service.seen).toHaveLength(before + 3);
    expect(sentTo(stranger)).not.toContain(VALUE);
  });

  test('gets nothing for a handle of another call, or one that it has made up', async () => {
    const old = (await ask({ show: 'key' })).body.result;
    for (const handle of [old, `sallyport-secret-${'0'.repeat(32)}`, '{"secret":"other-key"}']) {
      await ask({ header: 'X-Other', prefix: handle });
      expect(service.seen.at(-1)?.['x-other']).toContain(handle);
    }
  });

  test('tells and logs none that was written a moment ago, however its host writes it', async () => {
    const writings: Record<string, (value: string) => string> = {
      colons: (value) => Buffer.from(value).toString('hex').replace(/../g, '$&:'),
      octal: (value) =>
        value.replace(/./g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`),
      spelled: (value) => [...value].join(' '),
      short: (value) => Buffer.from(value).toString('base64').replace(/.{12}/g, '$&\n'),
    };
    const told: string[] = [];
    for (const [name, write] of Object.entries(writings)) {
      const fresh = `vk-${name}-4f0c9a-canary`;
      told.push(encodeURI(write(fresh)).slice(0, 40));
      await put('weather-key', { value: fresh, hosts: [service.host] });
      service.encode = (text) => (text.includes(fresh) ? encodeURI(write(fresh)) : 'nothing');
      const { body } = await ask({ show: 'log' });
      const logs = JSON.stringify((await api.get('/v1/plugins/weather/logs')).body);
      expect(logs).toContain('[removed by the gateway: known:weather-key]');
      expect(logs).not.toContain(encodeURI(write(fresh)).slice(0, 40));
      expect(body.result).toContain('[removed by the gateway: known:weather-key]');
      expect(body.result).not.toContain(encodeURI(write(fresh)).slice(0, 40));
    }
    service.encode = (text) => text;
    await put('weather-key', { value: VALUE, hosts: [service.host] });
    // A value that was exchanged may be good for a while.
    const logs = JSON.stringify((await api.get('/v1/plugins/weather/logs')).body);
    expect(told.filter((written) => logs.includes(written))).toEqual([]);
  });

  test('tells none with backslashes and quotation marks, which JSON writes otherwise', async () => {
    const account = 'CORP\\nightly "job"';
    await put('weather-key', { value: account, hosts: [service.host] });
    const { body } = await ask({ show: 'log' });
    const logs = JSON.stringify((await api.get('/v1/plugins/weather/logs')).body);
    await put('weather-key', { value: VALUE, hosts: [service.host] });
    expect(service.seen.at(-1)?.authorization).toBe(`Bearer ${account}`);
    for (const told of [body.result, logs]) {
      expect(told).toContain('[removed by the gateway: known:weather-key]');
      expect(told).not.toContain('nightly');
    }
  });

  test('is not told it in an argument, by whoever knows it', async () => {
    const before = service.seen.length;
    const told = Buffer.from(`key=${VALUE}`).toString('base64');
    const refused = { code: 'denied', check: 'sanitise', reason: 'secret_in_arguments' };
    expect((await ask({ prefix: told })).body).toMatchObject(refused);
    const steps = script({ toolCalls: [{ name: 'weather', arguments: { show: VALUE } }] }, END);
    const { body } = await api.turn(await api.session(), steps, SCRIPT_MODEL);
    expect(JSON.stringify(body.toolCalls)).toContain('"reason":"secret_in_arguments"');
    expect(service.seen).toHaveLength(before);
    // The operator learns which it was, of those that have this value; who made the call does not.
    const NAMED = expect.stringMatching(/^known:(weather|other)-key$/);
    expect(JSON.stringify(body)).not.toContain('known:');
    await eventually(async () => {
      const { body: page } = await api.get('/v1/audit?action=tool-call&decision=denied&limit=200');
      const mine = page.records.filter(
        ({ event }: { event: { turnId: string } }) => event.turnId === body.turnId,
      );
      expect(mine.map(({ event }: { event: object }) => event)).toMatchObject([
        { reason: 'secret_in_arguments', findings: [NAMED] },
      ]);
    });
  });

  test('has it not put into a URL', async () => {
    const handle = (await ask({ show: 'key' })).body.result;
    const { body } = await ask({ url: `${service.url}?key=${handle}` });
    expect(body.result).not.toContain(VALUE);
  });

  test('is refused a secret that its manifest does not name', async () => {
    await configure('other-key');
    const { body } = await ask();
    await configure('weather-key');
    expect([body.code, body.reason]).toEqual(['denied', 'host_denied']);
  });

  test('is refused a secret whose value cannot stand in a header', async () => {
    await put('weather-key', { value: 'line\r\nX-Injected: yes', hosts: [service.host] });
    const { body } = await ask();
    await put('weather-key', { value: VALUE, hosts: [service.host] });
    expect(body.reason).toBe('host_denied');
    expect(sentTo(service)).not.toContain('injected');
  });
});

describe('a principal', () => {
  test('uses a secret only with a grant for it, whatever the plugin holds', async () => {
    const open = ['tool:call:weather', 'tool:network:http:*'];
    const without = await ask({}, await holderOf(...open, 'system:secret:use:other-key'));
    expect(without.body.reason).toBe('host_denied');
    const withIt = await ask({}, await holderOf(...open, 'system:secret:use:weather-key'));
    expect(withIt.status).toBe(200);
  });

  test.each([
    ['PUT', '/v1/secrets/weather-key', 'system:secret:list'],
    ['DELETE', '/v1/secrets/weather-key', 'system:secret:list'],
    ['POST', '/v1/secrets/rewrap', 'system:secret:use:weather-key'],
    ['GET', '/v1/secrets', 'system:secret:write'],
  ])('is refused %s %s with %s alone', async (method, path, grant) => {
    const { token } = await holderOf(grant);
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const body = method === 'GET' ? {} : { body: JSON.stringify({ value: VALUE, hosts: [] }) };
    const answer = await fetch(gateway.url + path, { method, headers, ...body });
    expect(answer.status).toBe(403);
  });

  test('is denied by the policy of the workspace, from the next call on', async () => {
    const path = '/v1/workspaces/default';
    const { policy } = (await api.get(path)).body;
    await api.put(path, { policy: { ...policy, deny: ['system:secret:use:weather-key'] } });
    const { body } = await ask();
    await api.put(path, { policy });
    expect(body.reason).toBe('host_denied');
    expect((await ask()).status).toBe(200);
  });
});

describe('PUT /v1/secrets/{name}', () => {
  const hosts = ['api.example.com:443'];

  test('takes what is within its limits, and nothing beyond them', async () => {
    const statusOf = async (secret: object) => (await put('probe', secret)).status;
    expect(await statusOf({ value: '1234567', hosts })).toBe(422);
    expect(await statusOf({ value: '12345678', hosts })).toBe(200);
    expect(await statusOf({ value: 'x'.repeat(MAX_SECRET_BYTES), hosts })).toBe(200);
    expect(await statusOf({ value: 'x'.repeat(MAX_SECRET_BYTES + 1), hosts })).toBe(422);
    expect(await statusOf({ value: 'é'.repeat(MAX_SECRET_BYTES / 2 + 1), hosts })).toBe(422);
    const many = Array.from({ length: MAX_SECRET_HOSTS + 1 }, (_, at) => `h${at}.example.com:443`);
    expect(await statusOf({ value: VALUE, hosts: many.slice(1) })).toBe(200);
    expect(await statusOf({ value: VALUE, hosts: many })).toBe(422);
    expect(await statusOf({ value: VALUE })).toBe(422);
  });

  test.each([
    '*',
    '*.example.com:443',
    'example.com',
    'EXAMPLE.com:443',
    'a.example.com:443/x',
    '',
  ])('refuses the host "%s"', async (host) => {
    expect((await put('probe', { value: VALUE, hosts: [host] })).status).toBe(422);
  });

  test.each(['Probe', '9probe', 'probe_key', 'a:b', '..', `a${'b'.repeat(64)}`, 'pröbe'])(
    'refuses the name "%s"',
    async (name) => {
      const { status } = await put(encodeURIComponent(name), { value: VALUE, hosts });
      expect([404, 405, 422]).toContain(status);
    },
  );

  test('repeats no value in an error', async () => {
    const answers = [
      await put('probe', { value: VALUE, hosts: [VALUE] }),
      await put('probe', { value: [VALUE], hosts }),
      await put('Probe', { value: VALUE, hosts }),
      await put('probe', { value: VALUE, hosts, [VALUE.slice(3)]: 1 }),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(422);
      expect(JSON.stringify(body)).not.toContain(VALUE);
    }
  });
});

test('a plugin is refused that would be allowed to write secrets', async () => {
  const manifest = { ...weatherManifest([]), capabilities: ['system:secret:write'] };
  const { status } = await installScript(gateway, 'thief', 'export const run = () => 1;', manifest);
  expect(status).toBe(422);
});

test('the log of the gateway holds no value after all of this', () => {
  expect(gateway.log()).not.toContain(VALUE);
});
