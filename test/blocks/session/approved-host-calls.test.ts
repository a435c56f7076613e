/** What a call that a human has approved may do while it runs, and what he has not approved. */

import { describe, expect, it } from 'vitest';
import type { HostCallRequest } from '../../../src/blocks/session/session-api.ts';
import { approvalPolicySchema } from '../../../src/core/policy/approval-policy.ts';
import { type Label, LOWEST_LABEL, PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { type ScriptedRun, toReply } from './support/scripted-run.ts';
import {
  openFixture,
  type SessionFixture,
  toAuthority,
  toPattern,
} from './support/session-fixture.ts';

const HTTP = 'tool:network:http:api.example.com:443';
const SECRET: Label = { integrity: 'untrusted', confidentiality: 'secret' };
const OUTSIDER: Label = { integrity: 'untrusted', confidentiality: 'workspace' };
const PRIVATE: Label = { integrity: 'trusted', confidentiality: 'secret' };

interface Running {
  readonly fixture: SessionFixture;
  readonly run: ScriptedRun;
  readonly label: Label;
}

/** A call under this label; `approve` takes it through its question first. */
async function running(label: Label, how: 'approved' | 'unasked', always: string[] = []) {
  const fixture = openFixture();
  const grants = [
    'tool:call:*',
    'provider:llm:call:*',
    HTTP,
    'system:approval:decide',
    'session:turn',
  ];
  const approvals = approvalPolicySchema.parse({ always });
  fixture.script.authority = toAuthority(fixture.principal, {
    grants: grants.map((text) => ({ pattern: toPattern(text) })),
    policy: { ...DEFAULT_POLICY, approvals },
  });
  const first = await fixture.begin();
  if (how === 'unasked') {
    await first.commit([toReply(0, ['fetch']), first.started(0, 0, { claims: { label } })]);
    return { fixture, run: first, label };
  }
  const { request, ...asked } = first.asked(0, 0);
  const ofLabel = { ...request, binding: { ...request.binding, label } };
  await first.commit([toReply(0, ['fetch']), { ...asked, request: ofLabel }]);
  await first.commit([{ kind: 'turn-waiting', round: 0 }]);
  const decider = { ...fixture.principal, tokenId: 'tok_human' };
  const order = { id: request.id, decision: 'approve', decider, requestId: 'req_1' } as const;
  await fixture.client.decideApproval(order);
  const run = await fixture.run(1);
  const start = { ...run.started(0, 0, { claims: { label } }), approval: request.hash };
  expect((await run.commit([start])).ok).toBe(true);
  return { fixture, run, label };
}

function ask({ fixture, run, label }: Running, read: Label = LOWEST_LABEL) {
  const request: HostCallRequest = {
    claims: run.claims(0, 0, { label }),
    capability: HTTP,
    outward: true,
    read,
    privateAddress: false,
  };
  return fixture.client.authorizeHostCall(request);
}

const denied = (reason: string) => ({ ok: false, error: { check: 'sanitise', reason } });

describe('a host call of an approved call', () => {
  it('goes where the flow rule would ask, since a human has said yes', async () => {
    expect(await ask(await running(SECRET, 'unasked'))).toMatchObject(denied('flow_denied'));
    expect((await ask(await running(SECRET, 'approved'))).ok).toBe(true);
  });

  it.each([
    [OUTSIDER, PRIVATE],
    [PRIVATE, OUTSIDER],
  ])('stays where the call has read more than he was told of: %j and %j', async (label, read) => {
    expect(await ask(await running(label, 'approved'), read)).toMatchObject(denied('flow_denied'));
  });

  it('stays where a label cannot be read', async () => {
    const call = await running(SECRET, 'approved');
    expect(await ask(call, {} as Label)).toMatchObject(denied('flow_denied'));
  });
});

describe('a host call that policy always asks about', () => {
  it('is denied to a call that nobody was asked about', async () => {
    const call = await running(PRINCIPAL_LABEL, 'unasked', ['tool:network:http']);
    expect(await ask(call)).toMatchObject(denied('approval_required'));
  });

  it('is granted to one that was approved', async () => {
    const call = await running(PRINCIPAL_LABEL, 'approved', ['tool:network:http']);
    expect((await ask(call)).ok).toBe(true);
  });
});
