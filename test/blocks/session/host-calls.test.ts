import { describe, expect, it } from 'vitest';
import type { HostCallRequest } from '../../../src/blocks/session/session-api.ts';
import { LOWEST_LABEL } from '../../../src/core/policy/labels.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { eventually } from '../../support/eventually.ts';
import { crash, crashLongAgo } from './support/crash.ts';
import type { ScriptedRun } from './support/scripted-run.ts';
import { toFinished, toReply } from './support/scripted-run.ts';
import {
  openFixture,
  type SessionFixture,
  TO_TALK,
  toAuthority,
  toPattern,
  WEB_PLUGIN,
} from './support/session-fixture.ts';

const CAPABILITY = 'tool:network:http:api.example.com:443';
const GRANTED = { ok: true, value: { privateHost: false, principal: 'user:alice' } };

async function beginCall(fixture: SessionFixture): Promise<ScriptedRun> {
  const run = await fixture.begin();
  await run.commit([toReply(0, ['fetch']), run.started(0, 0, { repeatable: true })]);
  return run;
}

function toRequest(run: ScriptedRun, over: Partial<HostCallRequest> = {}): HostCallRequest {
  const claims = run.claims(0, 0);
  const harmless = { outward: true, read: LOWEST_LABEL, privateAddress: false };
  return { claims, capability: CAPABILITY, ...harmless, ...over };
}

const refusal = (check: string, reason: string) => ({
  ok: false,
  error: expect.objectContaining({ kind: 'denial', check, reason }),
});

describe('SessionApi.authorizeHostCall()', () => {
  it('grants what plugin, workspace and principal allow, and puts it on the record', async () => {
    const fixture = openFixture();
    const run = await beginCall(fixture);
    expect(await fixture.client.authorizeHostCall(toRequest(run))).toEqual(GRANTED);
    await eventually(() =>
      expect(fixture.chain()).toContainEqual(
        expect.objectContaining({
          action: 'host-call',
          decision: 'allowed',
          actor: 'user:alice',
          resource: 'api.example.com:443',
          plugin: 'web',
          callKey: run.claims(0, 0).callKey,
          requestId: 'req_turn',
        }),
      ),
    );
  });

  it.each([
    ['another host', 'tool:network:http:evil.example:443', 'plugin_allow_missing'],
    ['another family', 'tool:file:read:/etc/passwd', 'plugin_allow_missing'],
    ['what does not exist', 'tool:teleport', 'unknown_capability'],
    ['what is no capability', 'tool::http', 'malformed_capability'],
    ['a pattern', 'tool:network:http:*', 'malformed_capability'],
  ])('denies %s, and puts that on the record', async (_, capability, reason) => {
    const fixture = openFixture();
    const run = await beginCall(fixture);
    const answer = await fixture.client.authorizeHostCall(toRequest(run, { capability }));
    expect(answer).toEqual(refusal('capability', reason));
    await eventually(() =>
      expect(fixture.chain()).toContainEqual(
        expect.objectContaining({ action: 'host-call', decision: 'denied', reason }),
      ),
    );
    // Neither a path nor what a plugin made up reaches the record.
    expect(JSON.stringify(fixture.chain())).not.toMatch(/passwd|teleport|tool::http/);
  });

  it('decides under the newest authority, without waiting to be asked', async () => {
    const fixture = openFixture();
    const run = await beginCall(fixture);
    fixture.script.authority = toAuthority(fixture.principal, { revision: 2, grants: TO_TALK });
    await fixture.client.authorityChanged(2);
    expect(await fixture.client.authorizeHostCall(toRequest(run))).toEqual(
      refusal('capability', 'principal_grant_missing'),
    );
    fixture.script.authority = undefined;
    await fixture.client.authorityChanged(3);
    expect(await fixture.client.authorizeHostCall(toRequest(run))).toEqual(
      refusal('dispatch', 'cancelled'),
    );
  });

  it('never grants what the first snapshot did not allow', async () => {
    const fixture = openFixture();
    const { principal, script, client } = fixture;
    script.authority = toAuthority(principal, { grants: TO_TALK });
    const run = await beginCall(fixture);
    script.authority = toAuthority(principal, { revision: 2 });
    await client.authorityChanged(2);
    expect(await client.authorizeHostCall(toRequest(run))).toEqual(
      refusal('capability', 'principal_grant_missing'),
    );
  });

  it('refuses claims that are not those of the started call', async () => {
    const fixture = openFixture();
    const run = await beginCall(fixture);
    const callKey = `${run.turn.turnId}/0/1`;
    const forged = [
      { argumentHash: 'b'.repeat(64) },
      { plugin: 'other' },
      { codeHash: 'd'.repeat(64) },
      { deadlineAt: run.turn.deadlineAt + 1 },
      { callKey },
      { callKey: `${run.turn.turnId}/00/0` },
    ];
    for (const over of forged) {
      const claims = run.claims(0, 0, over);
      expect(await fixture.client.authorizeHostCall(toRequest(run, { claims }))).toEqual(
        refusal('dispatch', 'ticket_refused'),
      );
    }
    const nonsense = run.claims(0, 0, { callKey: 'nonsense' });
    expect(await fixture.client.authorizeHostCall(toRequest(run, { claims: nonsense }))).toEqual(
      refusal('dispatch', 'cancelled'),
    );
  });

  it('refuses a call that has finished', async () => {
    const fixture = openFixture();
    const run = await beginCall(fixture);
    await run.commit([toFinished(0, 0)]);
    expect(await fixture.client.authorizeHostCall(toRequest(run))).toEqual(
      refusal('dispatch', 'ticket_refused'),
    );
  });

  it('refuses the call of a turn that was cancelled, deleted or taken over', async () => {
    const cancelled = openFixture();
    const first = await beginCall(cancelled);
    await cancelled.client.cancelTurn(first.turn.turnId, cancelled.principal, 'r');
    const deleted = openFixture();
    const second = await beginCall(deleted);
    await deleted.client.remove(deleted.principal, 'r');
    const takenOver = openFixture();
    const third = await beginCall(takenOver);
    await crashLongAgo(takenOver.connect);
    await takenOver.run(1);
    const cases = [
      [cancelled, first],
      [deleted, second],
      [takenOver, third],
    ] as const;
    for (const [{ client }, run] of cases) {
      expect(await client.authorizeHostCall(toRequest(run))).toEqual(
        refusal('dispatch', 'cancelled'),
      );
    }
  });

  it('refuses a call after its deadline', async () => {
    const fixture = openFixture();
    const run = await fixture.begin();
    const late = { claims: { deadlineAt: 1 } };
    await run.commit([toReply(0, ['fetch']), run.started(0, 0, late)]);
    const claims = run.claims(0, 0, late.claims);
    expect(await fixture.client.authorizeHostCall(toRequest(run, { claims }))).toEqual(
      refusal('dispatch', 'deadline'),
    );
  });

  it('journals that a call went outward before it may, and only then', async () => {
    const fixture = openFixture();
    const run = await beginCall(fixture);
    await fixture.client.authorizeHostCall(toRequest(run, { outward: false }));
    const denied = toRequest(run, { capability: 'tool:network:http:evil.example:443' });
    await fixture.client.authorizeHostCall(denied);
    await crashLongAgo(fixture.connect);
    const second = await fixture.run(1);
    expect(second.turn.journaled[0]?.calls[0]).toMatchObject({ wentOutward: false });

    await second.commit([second.started(0, 0, { repeatable: true })]);
    const claims = second.claims(0, 0);
    expect(await fixture.client.authorizeHostCall(toRequest(second, { claims }))).toEqual(GRANTED);
    await fixture.client.authorizeHostCall(toRequest(second, { claims }));
    await crashLongAgo(fixture.connect);
    const third = await fixture.run(2);
    expect(third.turn.journaled[0]?.calls[0]).toMatchObject({ wentOutward: true });
    await expect(third.commit([third.started(0, 0, { repeatable: true })])).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('shows no event for it, so that ids stay without gaps', async () => {
    const fixture = openFixture();
    const run = await beginCall(fixture);
    await fixture.client.authorizeHostCall(toRequest(run));
    await run.commit([toFinished(0, 0)]);
    const ids = (await fixture.events(run.turn.turnId)).map(({ id }) => id);
    expect(ids).toEqual([1, 2, 3, 4]);
  });

  it('works for an object that has lost its memory', async () => {
    const fixture = openFixture();
    const run = await beginCall(fixture);
    await crash();
    expect(await fixture.client.authorizeHostCall(toRequest(run))).toEqual(GRANTED);
  });
});

describe('a private address', () => {
  const local = 'tool:network:http:127.0.0.1:8080';
  const ipv6 = 'tool:network:http:%3A%3A1:8080';

  async function ask(capability: string, privateHosts: readonly string[]): Promise<unknown> {
    const fixture = openFixture();
    const allow = ['tool:network:http:*'].map(toPattern);
    fixture.script.authority = toAuthority(fixture.principal, {
      policy: { ...DEFAULT_POLICY, privateHosts },
      plugins: [{ ...WEB_PLUGIN, allow }],
    });
    const run = await beginCall(fixture);
    const request = toRequest(run, { capability, privateAddress: true });
    return await fixture.client.authorizeHostCall(request);
  }

  it('is denied though the capability is there, unless the policy names host and port', async () => {
    expect(await ask(local, [])).toEqual(refusal('sanitise', 'private_address'));
    expect(await ask(local, ['127.0.0.1:8081'])).toEqual(refusal('sanitise', 'private_address'));
    expect(await ask(local, ['127.0.0.1:8080'])).toEqual({
      ok: true,
      value: { privateHost: true, principal: 'user:alice' },
    });
  });

  it('may be IPv6, which policies write in brackets', async () => {
    expect(await ask(ipv6, ['[::1]:8081'])).toEqual(refusal('sanitise', 'private_address'));
    expect(await ask(ipv6, ['[::1]:8080'])).toEqual({
      ok: true,
      value: { privateHost: true, principal: 'user:alice' },
    });
  });
});
