/** Turns that wait for humans, with runs made by hand and an object that may be lost at any time. */

import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, test, vi } from 'vitest';
import type { Turn } from '../../../src/core/conversation/turn.ts';
import { approvalPolicySchema } from '../../../src/core/policy/approval-policy.ts';
import type { Principal } from '../../../src/core/policy/principal.ts';
import { eventually } from '../../support/eventually.ts';
import { crash, ring } from './support/crash.ts';
import { type ScriptedRun, toFinished, toReply, toTurnFinished } from './support/scripted-run.ts';
import {
  openFixture,
  type SessionFixture,
  toAuthority,
  toPattern,
} from './support/session-fixture.ts';

/** A session whose run has asked about these calls of its first reply, and let go of the turn. */
async function waiting(tools = ['fetch'], over: { expiresAt?: number } = {}) {
  const fixture = openFixture();
  grantDeciding(fixture);
  const run = await fixture.begin();
  const asked = tools.map((_, index) => run.asked(0, index, over));
  await run.commit([toReply(0, tools), ...asked]);
  await run.commit([{ kind: 'turn-waiting', round: 0 }]);
  const ids = asked.map(({ request }) => request.id);
  return { fixture, run, ids, id: ids[0] ?? '', turnId: run.turn.turnId };
}

function grantDeciding({ script, principal }: SessionFixture): void {
  const grants = ['session:turn', 'system:approval:decide'].map((text) => ({
    pattern: toPattern(text),
  }));
  script.authority = toAuthority(principal, { grants });
}

const HUMAN = (fixture: SessionFixture, over: Partial<Principal> = {}): Principal => ({
  ...fixture.principal,
  id: 'human',
  tokenId: 'tok_human',
  ...over,
});

const decide = (
  fixture: SessionFixture,
  id: string,
  decision: 'approve' | 'deny' = 'approve',
  over: Partial<Principal> = {},
) => {
  const decider = HUMAN(fixture, over);
  return fixture.client.decideApproval({ id, decision, decider, requestId: 'req_decide' });
};

const started = (run: ScriptedRun, index = 0, approval?: string) => ({
  ...run.started(0, index),
  ...(approval !== undefined && { approval }),
});
const hashOf = ({ turn }: ScriptedRun, index = 0) => `hash of ${turn.turnId}/0/${index}`;
const stateOf = async ({ client }: SessionFixture, id: string) =>
  (await client.approval(id))?.state;
const status = async ({ client }: SessionFixture, turnId: Turn['turnId']) =>
  (await client.summary(turnId))?.status;

/** How often the timer's task was begun. */
const attemptsOf = ({ connect }: SessionFixture, timer: string) =>
  runInDurableObject(connect(), (_, { storage }) => {
    const rows = storage.sql.exec('SELECT attempts FROM timers WHERE name = ?', timer).toArray();
    return rows[0]?.attempts;
  });

describe('a turn that waits', () => {
  test('has no run: its epoch writes nothing more, and its lane is taken', async () => {
    const { fixture, run, turnId } = await waiting();
    expect(await status(fixture, turnId)).toBe('waiting');
    expect(await run.commit([toTurnFinished()])).toEqual({ ok: false, error: 'lease_lost' });
    expect(await run.holdLease()).toBe('lease_lost');
    const next = await fixture.client.admitTurn(fixture.admission());
    expect(next).toMatchObject({ ok: false, error: { code: 'turn_waiting' } });
  });

  test('is told of at once to whoever waits for its end', async () => {
    const { fixture, turnId, id } = await waiting();
    expect(await fixture.client.awaitTurn(turnId, 60_000)).toMatchObject({
      status: 'waiting',
      toolCalls: [{ status: 'waiting', approvalId: id }],
    });
  });

  test('is woken by no time but that of its approval', async () => {
    const { fixture, turnId } = await waiting();
    await crash();
    await ring(fixture.connect());
    expect(await status(fixture, turnId)).toBe('waiting');
    expect(fixture.script.runs).toHaveLength(1);
  });

  test('asks the workspace anew before it goes on, and has as much time as it had left', async () => {
    const { fixture, run, id } = await waiting();
    await decide(fixture, id);
    const next = await fixture.run(1);
    expect(fixture.script.openings).toHaveLength(2);
    expect(fixture.script.openings[1]).toMatchObject({ turnId: run.turn.turnId, mayHold: false });
    expect(next.turn.epoch).toBeGreaterThan(run.turn.epoch);
    expect(next.turn.deadlineAt).toBeGreaterThanOrEqual(run.turn.deadlineAt);
    expect(next.turn.approvals).toEqual([hashOf(run)]);
  });

  test('asks the workspace once, whoever takes it up at the same time', async () => {
    const { fixture, id } = await waiting();
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    fixture.script.beforeOpening = () => answered;
    await decide(fixture, id);
    const rung = ring(fixture.connect());
    await eventually(async () => expect(await attemptsOf(fixture, 'turn')).toBe(1));
    answer();
    await rung;
    await fixture.run(1);
    expect(fixture.script.openings).toHaveLength(2);
  });

  test('ends if its credential was revoked meanwhile', async () => {
    const { fixture, turnId, id } = await waiting();
    fixture.script.beforeOpening = async () => {
      fixture.script.authority = undefined;
    };
    await decide(fixture, id);
    await vi.waitFor(async () => expect(await status(fixture, turnId)).toBe('failed'), {
      timeout: 20_000,
    });
    expect(await stateOf(fixture, id)).toBe('withdrawn');
    expect(fixture.script.runs).toHaveLength(1);
  });

  test('goes on at once if the answer came while its run was still busy', async () => {
    const fixture = openFixture();
    grantDeciding(fixture);
    const run = await fixture.begin();
    const asked = run.asked(0, 1);
    await run.commit([toReply(0, ['fetch', 'fetch']), asked, started(run)]);
    expect((await decide(fixture, asked.request.id)).ok).toBe(true);
    expect(fixture.script.runs).toHaveLength(1);
    await run.commit([toFinished(0, 0), { kind: 'turn-waiting', round: 0 }]);
    expect((await fixture.run(1)).turn.approvals).toEqual([hashOf(run, 1)]);
  });

  test('may not be let go of in a round that is over, or was never begun', async () => {
    const fixture = openFixture();
    const run = await fixture.begin();
    await expect(run.commit([{ kind: 'turn-waiting', round: 0 }])).rejects.toThrow();
  });
});

describe('a start', () => {
  test('uses its approval up, once', async () => {
    const { fixture, run, id } = await waiting();
    await decide(fixture, id);
    const next = await fixture.run(1);
    expect((await next.commit([started(next, 0, hashOf(run))])).ok).toBe(true);
    expect(await stateOf(fixture, id)).toBe('consumed');
    // Sent again because its answer was lost, it is answered as before.
    expect((await next.commit([started(next, 0, hashOf(run))])).ok).toBe(true);
    await eventually(() =>
      expect(fixture.chain().map(({ action }) => action)).toEqual(
        expect.arrayContaining(['approval-needed', 'approval-decided', 'approval-consumed']),
      ),
    );
    const consumed = fixture.chain().filter(({ action }) => action === 'approval-consumed');
    expect(consumed).toHaveLength(1);
  });

  test.each<[string, (run: ScriptedRun) => object]>([
    ['other arguments', () => ({ argumentHash: 'b'.repeat(64) })],
    ['another version', () => ({ pluginVersion: '2.0.0' })],
    ['other code', () => ({ codeHash: 'd'.repeat(64) })],
    ['another plugin', () => ({ plugin: 'other' })],
    ['another label', () => ({ label: { integrity: 'untrusted', confidentiality: 'secret' } })],
  ])('with %s than the approval says is refused, and its run is over', async (_, over) => {
    const { fixture, run, id } = await waiting();
    await decide(fixture, id);
    const next = await fixture.run(1);
    const entry = { ...next.started(0, 0, { claims: over(next) }), approval: hashOf(run) };
    expect(await next.commit([entry])).toEqual({ ok: false, error: 'lease_lost' });
    expect(await stateOf(fixture, id)).toBe('approved');
  });

  test('with an approval of another call, of nobody, or not yet given is refused', async () => {
    const { fixture, run, ids } = await waiting(['fetch', 'fetch']);
    await decide(fixture, ids[0] ?? '');
    const next = await fixture.run(1);
    const refused = { ok: false, error: 'lease_lost' };
    expect(await next.commit([started(next, 1, hashOf(run, 0))])).toEqual(refused);
    expect(await next.commit([started(next, 1, hashOf(run, 1))])).toEqual(refused);
    expect(await next.commit([started(next, 0, 'made up')])).toEqual(refused);
    expect((await next.commit([started(next, 0, hashOf(run, 0))])).ok).toBe(true);
  });

  test('without an approval, since the rules ask no more, takes the question back', async () => {
    const { fixture, id } = await waiting();
    await decide(fixture, id);
    const next = await fixture.run(1);
    expect((await next.commit([started(next)])).ok).toBe(true);
    expect(await stateOf(fixture, id)).toBe('withdrawn');
  });
});

describe('another question about the same call', () => {
  test('takes the first one back, with whatever was said of it', async () => {
    const { fixture, id } = await waiting();
    await decide(fixture, id);
    const next = await fixture.run(1);
    const again = next.asked(0, 0, { hash: 'another' });
    await next.commit([again]);
    await next.commit([{ kind: 'turn-waiting', round: 0 }]);
    expect(await stateOf(fixture, id)).toBe('withdrawn');
    expect(await stateOf(fixture, again.request.id)).toBe('pending');
    expect(fixture.script.runs).toHaveLength(2);
  });
});

describe('a decision', () => {
  test('outlives the object that took it, and wakes the turn by the timer', async () => {
    const { fixture, id, turnId } = await waiting();
    fixture.script.beforeOpening = () => Promise.reject(new Error('unreachable'));
    await decide(fixture, id);
    await crash();
    fixture.script.beforeOpening = async () => {};
    await eventually(async () => {
      await ring(fixture.connect());
      expect(await status(fixture, turnId)).toBe('running');
    });
    expect((await fixture.run(1)).turn.approvals).toHaveLength(1);
  });

  test('is refused to whoever may not decide by now, whatever let him in', async () => {
    const { fixture, id } = await waiting();
    fixture.script.authority = toAuthority(fixture.principal, { grants: [], revision: 2 });
    const reason = 'principal_grant_missing';
    expect(await decide(fixture, id)).toEqual({ ok: false, error: { kind: 'denied', reason } });
  });

  test('is refused to the credential of the turn, and with four eyes to its principal', async () => {
    const { fixture, id } = await waiting();
    const own = { tokenId: fixture.principal.tokenId };
    expect(await decide(fixture, id, 'approve', own)).toMatchObject({
      error: { kind: 'denied', reason: 'own_credential' },
    });
    const { policy } = toAuthority(fixture.principal);
    const approvals = approvalPolicySchema.parse({ fourEyes: true });
    const grants = ['session:turn', 'system:approval:decide'].map((text) => ({
      pattern: toPattern(text),
    }));
    const strict = { ...policy, approvals };
    fixture.script.authority = toAuthority(fixture.principal, {
      policy: strict,
      grants,
      revision: 2,
    });
    expect(await decide(fixture, id, 'approve', { id: fixture.principal.id })).toMatchObject({
      error: { kind: 'denied', reason: 'four_eyes' },
    });
    expect((await decide(fixture, id)).ok).toBe(true);
  });

  test('about what is not asked here finds nothing', async () => {
    const { fixture, id } = await waiting();
    expect(await decide(fixture, `${id}0`)).toEqual({ ok: false, error: { kind: 'not_found' } });
  });

  test('to deny ends the call in the journal at once', async () => {
    const { fixture, id, turnId } = await waiting(['fetch', 'fetch']);
    await decide(fixture, id, 'deny');
    const events = await fixture.events(turnId);
    expect(events.at(-1)?.body).toMatchObject({
      kind: 'tool-call-denied',
      index: 0,
      reason: 'approval_denied',
    });
    expect(await status(fixture, turnId)).toBe('waiting');
  });
});

describe('time', () => {
  test('ends what nobody has answered, and what was not started by then', async () => {
    const { fixture, ids, turnId } = await waiting(['fetch', 'fetch'], {
      expiresAt: Date.now() + 300,
    });
    fixture.script.beforeOpening = () => Promise.reject(new Error('unreachable'));
    await decide(fixture, ids[0] ?? '');
    await eventually(async () => {
      await ring(fixture.connect());
      expect(await stateOf(fixture, ids[0] ?? '')).toBe('expired');
      expect(await stateOf(fixture, ids[1] ?? '')).toBe('expired');
    });
    const denied = (await fixture.events(turnId)).filter(
      ({ body }) => body.kind === 'tool-call-denied',
    );
    expect(denied).toHaveLength(2);
    const late = await decide(fixture, ids[1] ?? '');
    expect(late).toMatchObject({ error: { kind: 'closed', approval: { state: 'expired' } } });
  });
});

test('a turn that waits for a second day is found again under its key, and so is its end', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const fixture = openFixture();
    await fixture.client.create(fixture.create);
    const keyed = { idempotency: { key: 'k', bodyHash: 'h' } };
    const turnId = await fixture.admit(keyed);
    const run = await fixture.run();
    const begunAt = Date.now();
    const asked = run.asked(0, 0, { expiresAt: begunAt + 86_460_000 });
    await run.commit([toReply(0, ['fetch']), asked]);
    await run.commit([{ kind: 'turn-waiting', round: 0 }]);
    vi.setSystemTime(begunAt + 86_400_001);
    expect(await fixture.admit(keyed)).toBe(turnId);
    const { client, principal } = fixture;
    await client.cancelTurn(turnId, principal, 'req_cancel');
    vi.setSystemTime(begunAt + 2 * 86_400_000);
    expect(await fixture.admit(keyed)).toBe(turnId);
  } finally {
    vi.useRealTimers();
  }
});

describe('the index', () => {
  const heard = ({ script }: SessionFixture, id: string) => script.approvals.get(id)?.summary.state;

  test('hears of each change, though it could not be reached and the object was lost', async () => {
    const { fixture, id } = await waiting();
    await eventually(() => expect(heard(fixture, id)).toBe('pending'));
    fixture.script.failingNews = 2;
    fixture.script.beforeOpening = () => Promise.reject(new Error('unreachable'));
    await decide(fixture, id);
    await crash();
    await eventually(async () => {
      await ring(fixture.connect());
      expect(heard(fixture, id)).toBe('approved');
    });
  });

  test('hears that a deleted session’s approvals are withdrawn, before its storage is wiped', async () => {
    const { fixture, id } = await waiting();
    await fixture.client.remove(fixture.principal, 'req_remove');
    await eventually(() => expect(heard(fixture, id)).toBe('withdrawn'));
    expect(await fixture.client.approval(id)).toBeUndefined();
  });
});
