import { it } from 'vitest';
import { ScriptedRun, REPLY_USAGE, toFinished, toReply, toTurnFinished, toToolEvent } from './support/scripted-run.ts';
import { openFixture } from './support/session-fixture.ts';
import { openSession } from '../../../src/blocks/session/session-client.ts';
import { bindings } from './support/session-fixture.ts';
it('bench', async () => {
  const f = openFixture();
  let commitMs = 0, n = 0;
  f.script.run = async (turn) => {
    const run = new ScriptedRun(openSession(bindings, turn.workspace, turn.sessionId), turn);
    const t = performance.now();
    const audit = [toToolEvent(), toToolEvent()];
    await run.commit([toReply(0, ['fetch']), run.started(0, 0)], { audit });
    await run.commit([toFinished(0, 0, 'page'), { kind: 'round-finished', round: 0, usage: REPLY_USAGE }], { audit: [toToolEvent()] });
    await run.commit([toReply(1, [], 'ok'), { kind: 'round-finished', round: 1, usage: REPLY_USAGE }, toTurnFinished('ok')], { audit });
    commitMs += performance.now() - t; n++;
  };
  await f.client.create(f.create);
  for (const label of ['warm', 'measured']) {
    commitMs = 0; n = 0;
    const t0 = performance.now();
    for (let i = 0; i < 200; i++) await f.client.runTurn(f.admission(), 5000);
    console.log(label, 'per turn ms', (performance.now() - t0) / 200, 'in run', commitMs / n);
  }
  const t1 = performance.now();
  for (let i = 0; i < 100; i++) {
    const g = openFixture();
    g.script.run = f.script.run;
    await g.client.runTurn(g.admission({ create: { ...g.create, ephemeralMs: 60000 } }), 5000);
  }
  console.log('fresh session per turn ms', (performance.now() - t1) / 100);
  // floor
  const t2 = performance.now();
  for (let i = 0; i < 500; i++) await f.client.describe();
  console.log('describe rpc ms', (performance.now() - t2) / 500);
}, 60000);
