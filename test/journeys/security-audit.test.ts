/**
 * `doctor` and `security audit` against a gateway that runs: silent where all is in order, and loud, with an
 * exit code, where it is not.
 */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../scripts/listen-port.mjs';
import { type CommandRun, runCommand } from '../cli/support/run-command.ts';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let root: Api;
let folder: string;
let fresh: object;

interface Found {
  readonly id: string;
  readonly level: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly command: string;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-audit-'));
  gateway = await startGateway({ env: { SALLYPORT_HOSTS: '127.0.0.1' } });
  root = callApi(gateway);
  const secrets = join(folder, 'secrets');
  const key = `SALLYPORT_MASTER_KEY='${gateway.masterKey}'\n`;
  writeFileSync(secrets, `${key}SALLYPORT_ROOT_TOKEN='${gateway.token}'\n`, { mode: 0o600 });
  const local = { url: gateway.url, token: gateway.token };
  writeFileSync(join(folder, 'local.json'), JSON.stringify(local), { mode: 0o600 });
  process.env.SALLYPORT_SECRETS_FILE = secrets;
  process.env.SALLYPORT_LOCAL_FILE = join(folder, 'local.json');
  process.env.SALLYPORT_EXECUTOR_HOME = join(folder, 'executor');
  fresh = (await root.get('/v1/workspaces/default')).body.policy;
});
afterEach(async () => {
  await root.put('/v1/workspaces/default', { policy: fresh, members: [] });
  await root.post('/v1/tokens/revoke', { everybody: true });
});
afterAll(async () => {
  for (const name of ['SECRETS_FILE', 'LOCAL_FILE', 'EXECUTOR_HOME']) {
    delete process.env[`SALLYPORT_${name}`];
  }
  rmSync(folder, { recursive: true, force: true });
  await gateway?.dispose();
});

const findingsOf = ({ out }: CommandRun): readonly Found[] => JSON.parse(out).findings;
const idsOf = (run: CommandRun, level: string) =>
  findingsOf(run)
    .filter((finding) => finding.level === level)
    .map(({ id }) => id);
const audit = (...words: readonly string[]) => runCommand('security', 'audit', '--json', ...words);

async function issue(grants: readonly string[], id = 'bot'): Promise<Api> {
  const { body } = await root.post('/v1/tokens', { subject: { kind: 'service', id }, grants });
  return callApi(gateway, body.token);
}

const count = (api: Api) => api.post('/v1/tools/text-stats/call', { arguments: { text: 'a b' } });

describe('security audit', () => {
  test('has no objection to a fresh deployment that a mistake would not have made', async () => {
    const run = await audit();
    expect(run).toMatchObject({ exit: 0, problems: '' });
    expect([...idsOf(run, 'high'), ...idsOf(run, 'medium')]).toEqual([]);
    expect((await audit('--level', 'low')).exit).toBe(1);
  });

  test('tells what was granted and not used, and the least that would have been enough', async () => {
    const bot = await issue([
      'tool:call',
      'tool:exec',
      'session:create',
      'session:turn',
      'session:read',
    ]);
    expect((await count(bot)).status).toBe(200);
    const unused = async () => findingsOf(await audit()).find(({ id }) => id === 'grant-unused');
    await expect
      .poll(async () => (await unused())?.evidence.enough)
      .toEqual(expect.arrayContaining(['tool:call:text-stats']));
    const finding = await unused();
    expect(finding?.evidence).toMatchObject({
      subject: 'service:bot',
      unused: ['tool:exec', 'session:create'],
      enough: ['tool:call:text-stats', 'session:turn', 'session:read'],
    });
    expect((await audit()).exit).toBe(1);
  });

  test('is content once what mends it was done', async () => {
    const bot = await issue(['tool:call:text-stats', 'session:read', 'session:turn'], 'narrow');
    expect((await count(bot)).status).toBe(200);
    await expect.poll(async () => (await audit()).exit).toBe(0);
  });

  test.each<[string, string, object]>([
    ['flow-weakened', 'high', { flow: { send: { untrusted: { secret: 'allow' } } } }],
    ['scanner-weakened', 'medium', { scan: { output: { secrets: { mode: 'off' } } } }],
    ['review-weakened', 'medium', { plugins: { bundledSecrets: 'warn' } }],
  ])('finds %s, and --fix puts it right and nothing else', async (id, level, change) => {
    const policy = { allow: ['tool:call', 'session:*'], deny: ['tool:exec'], ...change };
    expect((await root.put('/v1/workspaces/default', { policy })).status).toBe(200);
    const before = await audit();
    expect(before.exit).toBe(1);
    expect(idsOf(before, level)).toContain(id);

    const fixed = await audit('--fix');
    expect(JSON.parse(fixed.out).fixed).toHaveLength(1);
    expect(idsOf(fixed, level)).not.toContain(id);
    expect(fixed.exit).toBe(0);
    const { body } = await root.get('/v1/workspaces/default');
    expect(body.policy.deny).toContain('tool:exec');
    expect(body.policy.allow).not.toContain('tool:exec');
    expect(JSON.parse((await audit('--fix')).out).fixed).toEqual([]);
  });

  test('finds a channel that is open to everybody, and a member with too much', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const channel = {
      ...{ name: 'porch', platform: 'webhook', access: { mode: 'open' }, capabilities: [] },
      ...{ credentials: { secret }, apiBase: 'https://chat.example' },
    };
    expect((await root.post('/v1/channels', channel)).status).toBe(201);
    await root.put('/v1/workspaces/default', { members: [{ id: 'alice', grants: ['tool:*'] }] });
    const run = await audit();
    await root.delete('/v1/channels/porch');
    expect(run.exit).toBe(1);
    expect(idsOf(run, 'high')).toEqual(['channel-open']);
    expect(idsOf(run, 'medium')).toEqual(['grant-wide']);
  });

  test('says what a token could not see, and calls nothing in order that it has not seen', async () => {
    const bot = await issue(
      ['system:config:read', 'system:audit:read', 'system:explain'],
      'auditor',
    );
    process.env.SALLYPORT_TOKEN = bot.token;
    const run = await audit('--url', gateway.url);
    delete process.env.SALLYPORT_TOKEN;
    expect(run.exit).toBe(1);
    const unseen = findingsOf(run).filter(({ id }) => id === 'not-seen');
    expect(unseen.map(({ evidence }) => evidence.part)).toEqual([
      ...['tokens', 'nodes', 'secrets', 'channels', 'plugins', 'strength of the keys'],
    ]);
  });

  test('blames a switch that is thrown, and not the token', async () => {
    const killSwitch = { kind: 'workspace' };
    expect((await root.post('/v1/switches', { killSwitch })).status).toBe(204);
    const run = await audit();
    expect((await root.post('/v1/switches/release', { killSwitch })).status).toBe(204);
    const [unseen] = findingsOf(run).filter(({ id }) => id === 'not-seen');
    const reason = 'a kill switch must be released';
    expect(unseen?.evidence).toEqual({ part: 'channels', reason });
  });

  test.each([
    ['--level', 'none'],
    ['--days', '0'],
    ['--days', 'x'],
  ])('refuses %s %s', async (...words) => {
    expect(await audit(...words)).toMatchObject({ exit: 2, out: '' });
  });
});

/** What is found because time has passed since this was written. */
const OF_AGE = ['platform-old', 'node-old', 'known-flaw'];

describe('doctor', () => {
  const doctor = (...words: readonly string[]) => runCommand('doctor', '--json', ...words);

  test('finds a machine with its gateway in order, and prints no secret', async () => {
    const run = await doctor('--level', 'high');
    const serious = findingsOf(run).filter(({ level }) => level !== 'low');
    expect(serious.filter(({ id }) => !OF_AGE.includes(id))).toEqual([]);
    expect(run.exit).toBe(serious.some(({ level }) => level === 'high') ? 1 : 0);
    const { seen } = JSON.parse(run.out);
    expect(seen.gateway).toMatchObject({
      url: gateway.url,
      answersNobody: false,
      takesToken: true,
    });
    for (const secret of [gateway.token, gateway.masterKey]) expect(run.out).not.toContain(secret);
    expect((await runCommand('doctor')).out).toContain(`${gateway.url} is well`);
  });

  test('finds secrets that others can read', async () => {
    const file = process.env.SALLYPORT_SECRETS_FILE ?? '';
    chmodSync(file, 0o644);
    const run = await doctor();
    chmodSync(file, 0o600);
    expect(run.exit).toBe(1);
    expect(findingsOf(run)).toContainEqual(
      expect.objectContaining({ id: 'file-open', level: 'high', command: `chmod go= ${file}` }),
    );
  });

  test('finds secrets that somebody has thought of', async () => {
    const file = join(folder, 'thought-of');
    const key = Buffer.alloc(32).toString('base64url');
    const text = `SALLYPORT_MASTER_KEY=${key}\nSALLYPORT_ROOT_TOKEN=letmein\n`;
    writeFileSync(file, text, { mode: 0o600 });
    const before = process.env.SALLYPORT_SECRETS_FILE ?? '';
    process.env.SALLYPORT_SECRETS_FILE = file;
    const run = await doctor();
    process.env.SALLYPORT_SECRETS_FILE = before;
    expect(idsOf(run, 'high')).toEqual(['master-key-weak', 'root-token-weak']);
    expect(run.exit).toBe(1);
  });

  test('finds a gateway that is not there, or does not take the token', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const gone = await doctor('--url', nowhere, '--token', gateway.token);
    expect([gone.exit, idsOf(gone, 'high')]).toEqual([1, ['gateway-down']]);
    const refused = await doctor('--url', gateway.url, '--token', 'sproot_wrong');
    expect([refused.exit, idsOf(refused, 'high')]).toEqual([1, ['token-refused']]);
  });
});
