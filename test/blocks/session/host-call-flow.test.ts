/** The information-flow rule where the effect happens, and storage as a session decides on it. */

import { describe, expect, it } from 'vitest';
import type { HostCallRequest } from '../../../src/blocks/session/session-api.ts';
import type { TicketClaims } from '../../../src/core/executor-protocol/ticket.ts';
import { type Label, LOWEST_LABEL, PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { eventually } from '../../support/eventually.ts';
import { crashLongAgo } from './support/crash.ts';
import { type ScriptedRun, toReply } from './support/scripted-run.ts';
import {
  openFixture,
  type SessionFixture,
  toAuthority,
  toPattern,
  WEB_PLUGIN,
} from './support/session-fixture.ts';

const HTTP = 'tool:network:http:api.example.com:443';
const READ = 'storage:workspace:read';
const WRITE = 'storage:workspace:write';
const GRANTED = { ok: true, value: { privateHost: false, principal: 'user:alice' } };
const FLOW_DENIED = {
  ok: false,
  error: { kind: 'denial', check: 'sanitise', reason: 'flow_denied' },
};

const label = (
  integrity: Label['integrity'],
  confidentiality: Label['confidentiality'],
): Label => ({
  integrity,
  confidentiality,
});

/** A principal with all that is asked here, and a plugin with the capabilities that are stated. */
function permit(fixture: SessionFixture, capabilities: readonly string[]): void {
  const granted = ['tool:call:*', 'provider:llm:call:*', HTTP, READ, WRITE].map(toPattern);
  fixture.script.authority = toAuthority(fixture.principal, {
    grants: granted.map((pattern) => ({ pattern })),
    plugins: [{ ...WEB_PLUGIN, allow: capabilities.map(toPattern) }],
  });
}

async function beginCall(
  fixture: SessionFixture,
  claims: Partial<TicketClaims> = {},
): Promise<ScriptedRun> {
  permit(fixture, [HTTP, READ, WRITE]);
  const run = await fixture.begin();
  await run.commit([toReply(0, ['fetch']), run.started(0, 0, { claims, repeatable: true })]);
  return run;
}

async function ask(turn: Label, read: Label, capability = HTTP): Promise<unknown> {
  const fixture = openFixture();
  const claims = { label: turn };
  const run = await beginCall(fixture, claims);
  return await fixture.client.authorizeHostCall(toRequest(run, { capability, read }, claims));
}

function toRequest(
  run: ScriptedRun,
  asked: Pick<HostCallRequest, 'capability'> & Partial<HostCallRequest>,
  claims: Partial<TicketClaims> = {},
): HostCallRequest {
  const harmless = { outward: true, read: LOWEST_LABEL, privateAddress: false };
  return { claims: run.claims(0, 0, claims), ...harmless, ...asked };
}

describe('a host call that leaves the platform', () => {
  it.each<[Label, Label]>([
    [PRINCIPAL_LABEL, LOWEST_LABEL],
    [label('untrusted', 'workspace'), LOWEST_LABEL],
    [PRINCIPAL_LABEL, label('trusted', 'secret')],
    [label('trusted', 'secret'), LOWEST_LABEL],
    [PRINCIPAL_LABEL, label('untrusted', 'public')],
  ])('is granted where private data and outsiders have not met: %j and %j', async (turn, read) => {
    expect(await ask(turn, read)).toEqual(GRANTED);
  });

  it.each<[Label, Label]>([
    [label('untrusted', 'secret'), LOWEST_LABEL],
    [label('untrusted', 'workspace'), label('trusted', 'secret')],
    [label('trusted', 'secret'), label('untrusted', 'public')],
    [PRINCIPAL_LABEL, label('untrusted', 'secret')],
  ])('is denied where they have: %j and %j', async (turn, read) => {
    expect(await ask(turn, read)).toMatchObject(FLOW_DENIED);
  });

  it('is denied where a label cannot be read', async () => {
    expect(await ask(PRINCIPAL_LABEL, {} as Label)).toMatchObject(FLOW_DENIED);
    expect(await ask({} as Label, LOWEST_LABEL)).toMatchObject(FLOW_DENIED);
  });

  it('goes on the record with check and reason when it is denied', async () => {
    const fixture = openFixture();
    const run = await beginCall(fixture);
    const request = toRequest(run, { capability: HTTP, read: label('untrusted', 'secret') });
    await fixture.client.authorizeHostCall(request);
    const denied = { action: 'host-call', decision: 'denied' };
    await eventually(() =>
      expect(fixture.chain()).toContainEqual(
        expect.objectContaining({ ...denied, check: 'sanitise', reason: 'flow_denied' }),
      ),
    );
  });
});

describe('storage', () => {
  it.each([READ, WRITE])('leaves nothing: %s is granted whatever was heard', async (capability) => {
    const worst = label('untrusted', 'secret');
    expect(await ask(worst, worst, capability)).toEqual(GRANTED);
  });

  it('is granted by its own capabilities alone, and goes on the record by its family', async () => {
    const fixture = openFixture();
    permit(fixture, [HTTP, READ]);
    const run = await fixture.begin();
    await run.commit([toReply(0, ['fetch']), run.started(0, 0)]);
    const read = toRequest(run, { capability: READ, outward: false });
    expect(await fixture.client.authorizeHostCall(read)).toEqual(GRANTED);
    expect(await fixture.client.authorizeHostCall(toRequest(run, { capability: WRITE }))).toEqual({
      ok: false,
      error: {
        ...{ kind: 'denial', check: 'capability', reason: 'plugin_allow_missing' },
        family: WRITE,
      },
    });
    const event = (resource: string) =>
      fixture.chain().find((entry) => entry.action === 'host-call' && entry.resource === resource);
    await eventually(() => expect(event(READ)).toMatchObject({ decision: 'allowed' }));
    expect(event(WRITE)).toMatchObject({
      ...{ decision: 'denied', check: 'capability', reason: 'plugin_allow_missing' },
      plugin: 'web',
    });
  });

  it('that was written to is not written again by a call that is taken up after a crash', async () => {
    const fixture = openFixture();
    const run = await beginCall(fixture);
    await fixture.client.authorizeHostCall(toRequest(run, { capability: READ, outward: false }));
    await crashLongAgo(fixture.connect);
    const second = await fixture.run(1);
    expect(second.turn.journaled[0]?.calls[0]).toMatchObject({ wentOutward: false });
    await second.commit([second.started(0, 0, { repeatable: true })]);
    await fixture.client.authorizeHostCall(toRequest(second, { capability: WRITE }));
    await crashLongAgo(fixture.connect);
    const third = await fixture.run(2);
    expect(third.turn.journaled[0]?.calls[0]).toMatchObject({ wentOutward: true });
  });
});
