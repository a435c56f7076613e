/**
 * A secret from the vault to its host: set over HTTP, used by a plugin that never sees it, and in no
 * answer, log, record or file on the way.
 */

import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { commandLine } from '../support/command-line.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { EchoService, installWeather, openHosts } from '../support/vault-plugin.ts';

const VALUE = 'wk-live-7f3a91xq-canary-55';

let gateway: Gateway;
let api: Api;
let keyBefore: string;
const service = new EchoService();

beforeAll(async () => {
  await service.start();
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  await openHosts(api, [service.host]);
  const installed = await installWeather(gateway, ['weather-key']);
  expect(installed.status, JSON.stringify(installed.body)).toBe(201);
  keyBefore = await auditKey();
});
afterAll(async () => {
  await gateway?.dispose();
  service.close();
});

const auditKey = async (): Promise<string> => (await api.get('/v1/audit/key')).body.publicKey;
const ask = (args: object = {}) =>
  api.post('/v1/tools/weather/call', { arguments: { url: service.url, ...args } });

describe('a secret', () => {
  test('is stored without being shown', async () => {
    const stored = await api.put('/v1/secrets/weather-key', {
      value: VALUE,
      hosts: [service.host],
    });
    expect(stored.status).toBe(200);
    expect(stored.body).toMatchObject({ name: 'weather-key', version: 1, hosts: [service.host] });
    const listed = await api.get('/v1/secrets');
    expect(listed.body.secrets).toEqual([stored.body]);
    expect(JSON.stringify([stored.body, listed.body])).not.toContain(VALUE);
    expect((await api.get('/v1/secrets/weather-key')).status).toBe(405);
  });

  test('is named in settings, which show its name and nothing else', async () => {
    const refused = await api.put('/v1/plugins/weather/config', { values: { key: VALUE } });
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toMatchObject([{ pointer: '/values/key' }]);
    const values = { key: { secret: 'weather-key' }, place: 'Bern' };
    const configured = await api.put('/v1/plugins/weather/config', { values });
    expect(configured.body.config).toEqual(values);
  });

  test('reaches its host in a header', async () => {
    const { status, body } = await ask();
    expect(status, JSON.stringify(body)).toBe(200);
    expect(service.seen.at(-1)?.authorization).toBe(`Bearer ${VALUE}`);
    await ask({ header: 'X-Api-Key', prefix: '' });
    expect(service.seen.at(-1)?.['x-api-key']).toBe(VALUE);
  });

  test('is hidden in what the host sends back, in the body and in the headers', async () => {
    const { body } = await ask();
    expect(JSON.parse(body.result)).toMatchObject({ status: 200, echo: 'Bearer [secret]' });
    expect(JSON.parse(body.result).text).toContain('Bearer [secret]');
  });

  test('is taken out of a result in another writing too', async () => {
    service.encode = (text) => Buffer.from(text).toString('base64');
    const { body } = await ask();
    service.encode = (text) => text;
    expect(JSON.stringify(body)).not.toContain(Buffer.from(VALUE).toString('base64').slice(4, -4));
    expect(JSON.stringify(body.result ?? body)).toContain('weather-key');
  });

  test('is sent in its newest version from the moment that it is stored', async () => {
    const next = `${VALUE}-v2`;
    const stored = await api.put('/v1/secrets/weather-key', { value: next, hosts: [service.host] });
    expect(stored.body.version).toBe(2);
    await ask();
    expect(service.seen.at(-1)?.authorization).toBe(`Bearer ${next}`);
  });

  test('is the same after it was sealed anew', async () => {
    const before = (await api.get('/v1/secrets')).body;
    const rewrapped = (await api.post('/v1/secrets/rewrap', {})).body;
    expect(rewrapped.secrets).toEqual(before.secrets);
    expect(rewrapped.dataKey).not.toBe(before.dataKey);
    await ask();
    expect(service.seen.at(-1)?.authorization).toBe(`Bearer ${VALUE}-v2`);
  });

  test('is read under the next master key, and without the previous one once it was sealed anew', async () => {
    const next = randomBytes(32).toString('base64url');
    const before = (await api.get('/v1/secrets')).body;
    const serveUnder = async (keys: string) => {
      const secrets = `${keys}\nSALLYPORT_ROOT_TOKEN="${gateway.token}"\n`;
      writeFileSync(join(dirname(gateway.dataFolder), 'secrets'), secrets);
      await api.post('/v1/audit/checkpoints', {});
      await gateway.restart();
    };
    const present = `SALLYPORT_MASTER_KEY="${next}"`;
    await serveUnder(`${present}\nSALLYPORT_PREVIOUS_MASTER_KEY="${gateway.masterKey}"`);
    await ask();
    expect(service.seen.at(-1)?.authorization).toBe(`Bearer ${VALUE}-v2`);
    const rewrapped = (await api.post('/v1/secrets/rewrap', {})).body;
    expect(rewrapped.wrappedBy).not.toBe(before.wrappedBy);
    await serveUnder(present);
    await ask();
    expect(service.seen.at(-1)?.authorization).toBe(`Bearer ${VALUE}-v2`);
  });

  test('is in no file of the data folder', () => {
    const files = readdirSync(gateway.dataFolder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(gateway.dataFolder, name))
      .filter((path) => statSync(path).isFile());
    const holding = (text: string) => files.filter((path) => readFileSync(path).includes(text));
    expect(holding('weather-key')).not.toEqual([]);
    expect(holding(VALUE)).toEqual([]);
  });

  test('is in no turn, event, record or log line', async () => {
    const call = { name: 'weather', arguments: { url: service.url } };
    const session = await api.session();
    const steps = script({ toolCalls: [call] }, { text: `I was told ${VALUE}-v2.` });
    const turn = await api.turn(session, steps, SCRIPT_MODEL);
    expect(turn.body.output).toBe('I was told [removed by the gateway: known:weather-key].');
    const shown = [
      turn.body.toolCalls,
      (await api.get('/v1/plugins/weather')).body,
      (await api.get('/v1/plugins/weather/logs')).body,
      (await api.get('/v1/audit?limit=500')).body,
    ];
    expect(JSON.stringify(shown)).not.toContain(VALUE);
    expect(gateway.log()).not.toContain(VALUE);
  });

  test('is refused from the moment that it is deleted', async () => {
    expect((await api.delete('/v1/secrets/weather-key')).status).toBe(204);
    expect((await api.delete('/v1/secrets/weather-key')).status).toBe(404);
    const visits = service.seen.length;
    const { status, body } = await ask();
    expect([status, body.reason]).toEqual([403, 'host_denied']);
    expect(service.seen).toHaveLength(visits);
  });
});

test('the record says who wrote, used and deleted it, in which version and where to', async () => {
  const records = async (action: string) =>
    (await api.get(`/v1/audit?action=${action}&limit=500`)).body.records.map(
      ({ event }: { event: object }) => event,
    );
  await expect.poll(() => records('secret-deleted')).toHaveLength(1);
  expect(await records('secret-written')).toMatchObject([
    { secret: 'weather-key', secretVersion: 1, actor: 'user:root', decision: 'allowed' },
    { secret: 'weather-key', secretVersion: 2 },
  ]);
  const isRefused = async () => (await records('secret-used')).at(-1)?.reason;
  await expect.poll(isRefused).toBe('secret_unknown');
  const used = await records('secret-used');
  expect(used[0]).toMatchObject({ resource: service.host, plugin: 'weather', decision: 'allowed' });
  expect(used.at(-1)).toMatchObject({ decision: 'denied', reason: 'secret_unknown' });
  expect((await api.get('/v1/audit/verify')).body.ok).toBe(true);
});

test('the audit holds offline with the key of before beside the present one', async () => {
  const cli = commandLine(gateway);
  try {
    const path = join(cli.folder, 'audit.ndjson');
    const headers = { Authorization: `Bearer ${gateway.token}` };
    const exported = await fetch(`${gateway.url}/v1/audit/export`, { headers });
    writeFileSync(path, await exported.text());
    const keys = ['--key', await auditKey(), '--key', keyBefore];
    const held = await cli.run('audit', 'verify', path, ...keys);
    expect([held.exit, held.out]).toEqual([0, expect.stringContaining('The audit holds')]);
    expect((await cli.run('audit', 'verify', path, ...keys.slice(0, 2))).exit).toBe(1);
  } finally {
    cli.dispose();
  }
});
