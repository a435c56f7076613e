/**
 * Executor and gateway are killed (`SIGKILL`) at several moments of a call. Afterwards both say the
 * same of every call, nothing has run twice, and nothing of it is left running.
 */

import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest';
import { parseReceipt } from '../../src/core/executor-protocol/executor-receipt.ts';
import { commandLines } from '../executor/support/command-lines.ts';
import { type Api, callApi } from '../support/api.ts';
import { startExecutor, type TestExecutor, untilState } from '../support/executor.ts';
import { jsonPlugin } from '../support/executor-plugins.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

/** In the command line of each of its programs: others may test on the same machine at the same time. */
const MARK = `mark-${randomUUID()}`;

/** Says that it runs, then waits until it may end: each run leaves a line. */
const GATED = jsonPlugin('gated', {
  section: { command: ['node', '/plugin/main.mjs', MARK] },
  properties: { folder: { type: 'string', format: 'path' }, name: { type: 'string' } },
  capabilities: ['tool:file:write'],
  requires: ['tool:file:write:{folder}'],
  program: `
    const { appendFileSync, existsSync } = await import('node:fs');
    const { folder, name } = input.arguments;
    appendFileSync(folder + '/' + name + '.runs', 'run\\n');
    while (!existsSync(folder + '/' + name + '.go')) await new Promise((done) => setTimeout(done, 10));
    process.stdout.write('ran');`,
});
const COUNT = jsonPlugin('count-up', {
  properties: { n: { type: 'integer' } },
  program: 'process.stdout.write(String(input.arguments.n));',
});

/** Calls that run at once on one machine. */
const SLOTS = 8;

let gateway: Gateway;
let api: Api;
let executor: TestExecutor;
let folder: string;
let runs = 0;
let name: string;

beforeAll(async () => {
  gateway = await startGateway({ examples: false, env: { SALLYPORT_LEASE_MS: '1000' } });
  api = callApi(gateway);
  executor = await startExecutor(gateway, api, {
    plugins: [GATED, COUNT],
    slots: SLOTS,
    policy: '[paths]\nwrite = ["{folder}/gate"]\n',
  });
  folder = join(executor.folder, 'gate');
  mkdirSync(folder);
  chmodSync(folder, 0o777);
});

beforeEach(() => {
  runs += 1;
  name = `gate${runs}`;
});

afterAll(async () => {
  await executor?.dispose();
  await gateway?.dispose();
});

const enter = (by = name) => api.post('/v1/tools/gated/call', { arguments: { folder, name: by } });
const open = (by = name) => writeFileSync(join(folder, `${by}.go`), '');
const countRuns = (by = name) => {
  const path = join(folder, `${by}.runs`);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
};

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 50_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It did not come to pass: ${what}\n${executor.log()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What gateway and machine say of the latest calls, the last one first. */
async function bothSides(count = 1): Promise<readonly (readonly [string, string])[]> {
  const { body } = await api.get(`/v1/nodes/${executor.node}/calls`);
  await executor.stop();
  const db = new DatabaseSync(join(executor.home, 'ledger.sqlite'));
  const find = db.prepare('SELECT receipt FROM calls WHERE call_key = ?');
  const said = body.calls.slice(0, count).map((call: Record<string, string>) => {
    const row = find.get(call.callKey ?? '');
    const receipt = typeof row?.receipt === 'string' ? parseReceipt(row.receipt) : undefined;
    return [call.outcome ?? call.state, receipt?.outcome ?? 'absent'];
  });
  db.close();
  await executor.start();
  return said;
}

/** Processes of this machine that a sandbox of the test has left. */
function leftovers(): readonly string[] {
  return commandLines().filter((command) => command.includes(MARK));
}

describe('an executor that is killed', () => {
  test('while a call runs leaves it unknown on both sides, run once, and nothing of it running', async () => {
    const answer = enter();
    await until('the plugin runs', () => countRuns() === 1);
    expect(leftovers()).not.toEqual([]); // it is seen
    await executor.kill();
    await until('nothing is left', () => leftovers().length === 0);
    await executor.start();
    expect((await answer).body).toMatchObject({ code: 'denied', reason: 'unknown' });
    expect(await bothSides()).toEqual([['unknown', 'unknown']]);
    expect(countRuns()).toBe(1);
  });

  test.each([0, 60, 200])(
    '%i ms into its calls agrees on each, and runs none twice',
    async (ms) => {
      const names = Array.from({ length: 6 }, (_, at) => `${name}-${at}`);
      for (const each of names) open(each);
      const answers = names.map((each) => enter(each));
      await new Promise((resolve) => setTimeout(resolve, ms)); // the moment is the attack
      await executor.kill();
      await until('nothing is left', () => leftovers().length === 0);
      await executor.start();
      for (const [at, { body }] of (await Promise.all(answers)).entries()) {
        const ran = countRuns(names[at]);
        if (body.result === 'ran') expect(ran).toBe(1);
        else expect(body).toMatchObject({ code: 'denied', reason: 'unknown' });
        expect(ran).toBeLessThanOrEqual(1);
      }
      const said = await bothSides(names.length);
      expect(said.map(([, machine]) => machine)).toEqual(said.map(([gateway]) => gateway));
      for (const outcome of said.flat()) expect(['ok', 'unknown']).toContain(outcome);
    },
  );

  test('while calls wait for a slot is sent these again, and runs each of them once', async () => {
    const names = Array.from({ length: SLOTS }, (_, at) => `${name}-${at}`);
    const answers = names.map((each) => enter(each));
    await until('all slots are taken', () => names.every((each) => countRuns(each) === 1));
    const queued = enter(`${name}-queued`);
    await until('one more is written down', async () => {
      const { body } = await api.get(`/v1/nodes/${executor.node}/calls`);
      const sent = body.calls.filter(({ state }: { state: string }) => state === 'sent');
      const log = readFileSync(join(executor.home, 'ledger.sqlite-wal'));
      return sent.length > SLOTS && log.includes(sent[0].callKey);
    });
    await executor.kill();
    await until('nothing is left', () => leftovers().length === 0);
    open(`${name}-queued`);
    await executor.start();
    for (const answer of answers) expect((await answer).body).toMatchObject({ reason: 'unknown' });
    expect((await queued).body).toMatchObject({ result: 'ran' });
    expect([...names, `${name}-queued`].map(countRuns)).toEqual(Array(SLOTS + 1).fill(1));
    expect((await bothSides(SLOTS + 1)).toSorted()).toEqual([
      ['ok', 'ok'],
      ...Array(SLOTS).fill(['unknown', 'unknown']),
    ]);
  });

  test('before a call is sent gets it when it is back', async () => {
    await executor.kill();
    await untilState(api, executor.node, 'offline');
    open();
    const answer = enter();
    await until('the call waits', async () => {
      const { body } = await api.get('/v1/nodes');
      return body.nodes[0].waiting === 1;
    });
    await executor.start();
    expect((await answer).body).toMatchObject({ result: 'ran' });
    expect(await bothSides()).toEqual([['ok', 'ok']]);
    expect(countRuns()).toBe(1);
  });

  test('by SIGTERM lets what runs come to its end, and begins nothing more until it is back', async () => {
    const node = async () => (await api.get('/v1/nodes')).body.nodes[0];
    const names = Array.from({ length: SLOTS }, (_, at) => `${name}-${at}`);
    const answers = names.map((each) => enter(each));
    await until('all slots are taken', () => names.every((each) => countRuns(each) === 1));
    const queued = enter(`${name}-queued`);
    await until('one more is there', async () => (await node()).running === SLOTS + 1);
    const stopped = executor.stop();
    await until('it was given back', async () => (await node()).waiting === 1);
    const late = enter(`${name}-late`);
    await until('the gateway has the last', async () => (await node()).waiting === 2);
    for (const each of [...names, `${name}-queued`, `${name}-late`]) open(each);
    for (const answer of answers) expect((await answer).body).toMatchObject({ result: 'ran' });
    expect(await stopped).toBe(0);
    expect(countRuns(`${name}-queued`) + countRuns(`${name}-late`)).toBe(0);
    await executor.start();
    for (const answer of [queued, late]) {
      expect((await answer).body).toMatchObject({ result: 'ran' });
    }
    expect(countRuns(`${name}-queued`) + countRuns(`${name}-late`)).toBe(2);
  });
});

test('an executor whose npx hears SIGTERM ends in order', async () => {
  await executor.stop();
  const words = ['--no', 'sallyport', 'executor', 'run', '--home', executor.home];
  const npx = spawn('npx', words, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  onTestFailed(() => void process.kill(-(npx.pid ?? 0), 'SIGKILL'));
  // What it has started holds the pipe for as long as it lives.
  const gone = new Promise((resolve) => npx.once('close', resolve));
  npx.stdout.resume();
  await untilState(api, executor.node, 'online');
  const answer = enter();
  await until('the plugin runs', () => countRuns() === 1);
  npx.kill('SIGTERM');
  await untilState(api, executor.node, 'draining');
  open();
  expect((await answer).body).toMatchObject({ result: 'ran' });
  await gone;
  await executor.start();
});

describe('a second executor on the same home', () => {
  test('does not start, and touches nothing of the first', async () => {
    const answer = enter();
    await until('the plugin runs', () => countRuns() === 1);
    const mark = join(executor.home, 'run', 'mark');
    writeFileSync(mark, '');
    const args = ['bin/sallyport.mjs', 'executor', 'run', '--home', executor.home];
    const second = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(second.status).not.toBe(0);
    expect(second.stderr + second.stdout).toContain('no other executor may run from the same home');
    expect(existsSync(mark)).toBe(true);
    open();
    expect((await answer).body).toMatchObject({ result: 'ran' });
  });
});

describe('a gateway that is killed', () => {
  const enterBy = (session: string, by: string) => {
    const toolCalls = [{ name: 'gated', arguments: { folder, name: by } }];
    const script = [{ toolCalls }, { text: 'over' }];
    return api.turn(session, JSON.stringify({ script }), 'embedded/script').catch(() => undefined);
  };
  const messagesOf = async (session: string) =>
    JSON.stringify((await api.get(`/v1/sessions/${session}/messages`)).body.messages);
  const listed = async () => (await api.get(`/v1/nodes/${executor.node}/calls`)).body.calls;

  test.each([
    [0, 'the gateway'],
    [120, 'the gateway'],
    [300, 'the gateway'],
    [30, 'both'],
  ])(
    '%i ms into its calls, %s, agrees on each when it is back, and runs none twice',
    async (ms, who) => {
      const before = (await listed()).length;
      const names = Array.from({ length: 6 }, (_, at) => `${name}-${at}`);
      const sessions = await Promise.all(names.map(() => api.session()));
      for (const each of names) open(each);
      const answers = names.map((each, at) => enterBy(sessions[at] ?? '', each));
      await new Promise((resolve) => setTimeout(resolve, ms)); // the moment is the attack
      await gateway.kill();
      if (who === 'both') await executor.kill();
      await gateway.restart();
      if (who === 'both') await executor.start();
      await untilState(api, executor.node, 'online');
      await Promise.all(answers);
      await until('each turn that had begun is over', async () => {
        const said = await Promise.all(sessions.map(messagesOf));
        return said.every((messages) => messages === '[]' || messages.includes('over"'));
      });
      await until('each call is over', async () => {
        const states = (await listed()).map(({ state }: { state: string }) => state);
        return !states.includes('waiting') && !states.includes('sent');
      });
      const said = await bothSides((await listed()).length - before);
      expect(said.map(([, machine]) => machine)).toEqual(said.map(([gateway]) => gateway));
      for (const outcome of said.flat()) expect(['ok', 'unknown']).toContain(outcome);
      for (const each of names) expect(countRuns(each)).toBeLessThanOrEqual(1);
      await until('nothing is left', () => leftovers().length === 0);
    },
  );

  test('while a call runs hears its end when it is back, and does not run it again', async () => {
    const session = await api.session();
    void enterBy(session, name);
    await until('the plugin runs', () => countRuns() === 1);
    await gateway.kill();
    open();
    await gateway.restart();
    await untilState(api, executor.node, 'online');
    await until('the call is over', async () => {
      const { body } = await api.get(`/v1/nodes/${executor.node}/calls`);
      return body.calls[0].state === 'done';
    });
    expect(await bothSides()).toEqual([['ok', 'ok']]);
    expect(countRuns()).toBe(1);
    await until('the turn is over', async () => (await messagesOf(session)).includes('over"'));
    expect(countRuns()).toBe(1);
  });
});

describe('many calls', () => {
  test('200 at once queue and finish, each with its own answer', async () => {
    const { body } = await api.get('/v1/workspaces/default');
    const { policy } = body;
    const rate = { calls: 10_000, periodMs: 60_000 };
    const rates = { ...policy.rates, workspace: rate, principal: rate, session: rate };
    // A bucket that was made larger is not fuller for it, so none of them sets aside more than it needs.
    const limits = { ...policy.limits, maxToolCalls: 1 };
    const changed = await api.put('/v1/workspaces/default', {
      policy: { ...policy, rates, limits },
    });
    expect(changed.status).toBe(200);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        api.post('/v1/tools/count-up/call', { arguments: { n } }),
      ),
    );
    expect(answers.map(({ body }) => body.result ?? body)).toEqual(
      Array.from({ length: 200 }, (_, n) => String(n)),
    );
  }, 180_000); // as many sandboxes, on a machine that may have other things to do
});

describe('GET /v1/tools', () => {
  const available = async () => {
    const { body } = await api.get('/v1/tools');
    return body.tools.map((tool: { available: boolean }) => tool.available);
  };

  test('says whether a tool’s node is there', async () => {
    expect(await available()).toEqual([true, true]);
    await executor.stop();
    await untilState(api, executor.node, 'offline');
    expect(await available()).toEqual([false, false]);
    await executor.start();
  });
});

describe('two machines', () => {
  let other: TestExecutor;
  beforeAll(async () => {
    const policy = `[paths]\nwrite = ["${folder}"]\n`;
    other = await startExecutor(gateway, api, { plugins: [GATED, COUNT], slots: SLOTS, policy });
  });
  afterAll(() => other?.dispose());

  /** Calls under way on each. */
  const running = async () => {
    const { nodes } = (await api.get('/v1/nodes')).body;
    const of = (id: string) => nodes.find((node: { id: string }) => node.id === id).running;
    return [of(executor.node), of(other.node)];
  };

  test('share the calls, and the one that is left takes all', async () => {
    const names = Array.from({ length: SLOTS + 2 }, (_, at) => `${name}-${at}`);
    const answers = names.map((each) => enter(each));
    await until('all of them run', () => names.every((each) => countRuns(each) === 1));
    const shares = await running();
    expect(Math.max(...shares)).toBeLessThanOrEqual(SLOTS);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    for (const each of names) open(each);
    for (const answer of answers) expect((await answer).body).toMatchObject({ result: 'ran' });

    await executor.kill();
    await untilState(api, executor.node, 'offline');
    const left = [1, 2, 3].map((n) => api.post('/v1/tools/count-up/call', { arguments: { n } }));
    expect((await Promise.all(left)).map(({ body }) => body.result)).toEqual(['1', '2', '3']);
    await executor.start();
  });
});
