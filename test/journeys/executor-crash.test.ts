/**
 * Executor and gateway are killed (`SIGKILL`) at several moments of a call. Afterwards both say the
 * same of every call, nothing has run twice, and nothing of it is left running.
 */

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseReceipt } from '../../src/core/executor-protocol/executor-receipt.ts';
import { commandLines } from '../executor/support/command-lines.ts';
import { type Api, callApi } from '../support/api.ts';
import { startExecutor, type TestExecutor, untilState } from '../support/executor.ts';
import { jsonPlugin } from '../support/executor-plugins.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

/** Says that it runs, then waits until it may end: each run leaves a line. */
const GATED = jsonPlugin('gated', {
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
    slots: 8,
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

const enter = () => api.post('/v1/tools/gated/call', { arguments: { folder, name } });
const open = () => writeFileSync(join(folder, `${name}.go`), '');
const countRuns = () => {
  const path = join(folder, `${name}.runs`);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
};

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It did not come to pass: ${what}\n${executor.log()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What both sides say of the latest call. */
async function bothSides(): Promise<readonly [string, string]> {
  const { body } = await api.get(`/v1/nodes/${executor.node}/calls`);
  const [latest] = body.calls;
  await executor.stop();
  const db = new DatabaseSync(join(executor.home, 'ledger.sqlite'));
  const row = db.prepare('SELECT receipt FROM calls WHERE call_key = ?').get(latest.callKey);
  db.close();
  await executor.start();
  const receipt = typeof row?.receipt === 'string' ? parseReceipt(row.receipt) : undefined;
  return [latest.outcome ?? latest.state, receipt?.outcome ?? 'absent'];
}

/** Processes of this machine that a sandbox of the test has left. */
function leftovers(): readonly string[] {
  return commandLines().filter((command) => command.includes('/plugin/main.mjs'));
}

describe('an executor that is killed', () => {
  test('while a call runs leaves it unknown on both sides, run once, and nothing of it running', async () => {
    const answer = enter();
    await until('the plugin runs', () => countRuns() === 1);
    await executor.kill();
    await until('nothing is left', () => leftovers().length === 0);
    await executor.start();
    expect((await answer).body).toMatchObject({ code: 'denied', reason: 'unknown' });
    expect(await bothSides()).toEqual(['unknown', 'unknown']);
    expect(countRuns()).toBe(1);
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
    expect(await bothSides()).toEqual(['ok', 'ok']);
    expect(countRuns()).toBe(1);
  });

  test('by SIGTERM lets what runs come to its end', async () => {
    const answer = enter();
    await until('the plugin runs', () => countRuns() === 1);
    const stopped = executor.stop();
    await untilState(api, executor.node, 'draining');
    open();
    expect((await answer).body).toMatchObject({ result: 'ran' });
    expect(await stopped).toBe(0);
    await executor.start();
  });
});

describe('a gateway that is killed', () => {
  test('while a call runs hears its end when it is back, and does not run it again', async () => {
    const session = await api.session();
    void api
      .turn(
        session,
        JSON.stringify({
          script: [
            { toolCalls: [{ name: 'gated', arguments: { folder, name } }] },
            { text: 'over' },
          ],
        }),
        'embedded/script',
      )
      .catch(() => undefined);
    await until('the plugin runs', () => countRuns() === 1);
    await gateway.kill();
    open();
    await gateway.restart();
    await untilState(api, executor.node, 'online');
    await until('the call is over', async () => {
      const { body } = await api.get(`/v1/nodes/${executor.node}/calls`);
      return body.calls[0].state === 'done';
    });
    expect(await bothSides()).toEqual(['ok', 'ok']);
    expect(countRuns()).toBe(1);
    await until('the turn is over', async () => {
      const { body } = await api.get(`/v1/sessions/${session}/messages`);
      return JSON.stringify(body).includes('over"');
    });
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
  });
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
