import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { openAudit } from '../../src/blocks/audit/audit-client.ts';
import { sessionObjectName } from '../../src/blocks/kit/address.ts';
import type { AdmitTurn } from '../../src/blocks/session/session-api.ts';
import { openSession, type SessionClient } from '../../src/blocks/session/session-client.ts';
import { PRINCIPAL_LABEL } from '../../src/core/policy/labels.ts';
import { DEFAULT_POLICY } from '../../src/core/policy/policy.ts';
import type { Principal } from '../../src/core/policy/principal.ts';
import { eventually } from '../support/eventually.ts';
import {
  bindings,
  type Fixture,
  foundWorkspace,
  issue,
  newSessionId,
} from './workspace/workspace-fixture.ts';

/** A session of a fresh workspace, with the real workspace, audit block and runs. */
async function beginSession(): Promise<{
  workspace: Fixture;
  session: SessionClient;
  admission: (principal: Principal) => AdmitTurn;
}> {
  const workspace = await foundWorkspace();
  const sessionId = newSessionId(workspace);
  const session = openSession(bindings, workspace.id, sessionId);
  await session.create({ sessionId, ...workspace.root });
  return {
    workspace,
    session,
    admission: (principal) => ({
      sessionId,
      principal,
      requestId: 'req-turn',
      driver: { kind: 'default-model' },
      messages: [{ role: 'user', content: 'hello', label: PRINCIPAL_LABEL }],
    }),
  };
}

describe('a session among its real neighbours', () => {
  it('runs a turn to its end, settles it, and leaves a chain that holds', async () => {
    const { workspace, session, admission } = await beginSession();
    const ran = await session.runTurn(admission(workspace.root.principal), 10_000);
    expect(ran).toMatchObject({ ok: true, value: { status: 'finished' } });
    const audit = openAudit(bindings, workspace.id);
    await eventually(async () => {
      const { records } = await audit.query({ after: 0, limit: 100 });
      const actions = records.map(({ event }) => event.action);
      expect(actions).toEqual(expect.arrayContaining(['turn-admitted', 'turn-finished']));
    });
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  it('gives back what turns do not use, so that many fit into one budget', async () => {
    const { workspace, session, admission } = await beginSession();
    const { principal } = workspace.root;
    const tokens = DEFAULT_POLICY.limits.maxTokens;
    const workspaceBudgets = { day: { costMicroUsd: 1_000_000, tokens } };
    const budgets = { ...DEFAULT_POLICY.budgets, workspace: workspaceBudgets };
    const policy = { ...DEFAULT_POLICY, budgets };
    await workspace.block.change(workspace.root, { policy });
    for (let turn = 0; turn < 5; turn++) {
      await eventually(async () =>
        expect(await session.runTurn(admission(principal), 10_000)).toMatchObject({ ok: true }),
      );
    }
  });

  it('goes on however long its conversation becomes: each turn can pay for what it is shown', async () => {
    const { workspace, session, admission } = await beginSession();
    const { principal } = workspace.root;
    const driver = { kind: 'model', model: 'embedded/script' } as const;
    // No ASCII: as many tokens as characters, in the worst case.
    const steps = { script: [{ text: 'é'.repeat(30_000) }] };
    const message = {
      role: 'user',
      content: JSON.stringify(steps),
      label: PRINCIPAL_LABEL,
    } as const;
    for (let turn = 0; turn < 12; turn++) {
      const request = { ...admission(principal), driver, messages: [message] };
      const ran = await session.runTurn(request, 10_000);
      expect(ran).toMatchObject({ ok: true, value: { status: 'finished' } });
      const name = sessionObjectName(workspace.id, session.sessionId);
      const stub = bindings.SESSIONS.getByName(name) as unknown as DurableObjectStub;
      await runInDurableObject(stub, (_, { storage }) => {
        storage.sql.exec("UPDATE timers SET due_at = 1 WHERE name = 'shorten'");
      });
      await runDurableObjectAlarm(stub);
    }
  });

  it('refuses a principal whose token was revoked, and puts that on the record', async () => {
    const { workspace, session, admission } = await beginSession();
    const holder = await issue(workspace, workspace.root);
    await workspace.block.revokeToken(workspace.root, holder.token.id);
    expect(await session.admitTurn(admission(holder.principal))).toEqual({
      ok: false,
      error: { code: 'denied' },
    });
    await eventually(async () => {
      const { records } = await workspace.audit.query({
        after: 0,
        limit: 100,
        action: 'turn-refused',
      });
      expect(records).toHaveLength(1);
    });
  });
});
