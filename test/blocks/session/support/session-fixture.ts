/**
 * A session of its own for each test, with a hand on everything around it.
 *
 * @module
 */

import { env } from 'cloudflare:workers';
import type { BlockBindings } from '../../../../src/blocks/kit/bindings.ts';
import { keyedHash, randomHex } from '../../../../src/blocks/kit/keys.ts';
import type { AdmitTurn, CreateSession } from '../../../../src/blocks/session/session-api.ts';
import { openSession, type SessionClient } from '../../../../src/blocks/session/session-client.ts';
import type { AuditEvent } from '../../../../src/core/audit/audit-event.ts';
import { parsePattern } from '../../../../src/core/capabilities/pattern.ts';
import type { TurnEvent } from '../../../../src/core/conversation/turn-event.ts';
import type { RegisteredPlugin } from '../../../../src/core/manifest/registered-plugin.ts';
import type { Authority } from '../../../../src/core/policy/authority.ts';
import { PRINCIPAL_LABEL } from '../../../../src/core/policy/labels.ts';
import { DEFAULT_POLICY } from '../../../../src/core/policy/policy.ts';
import type { Principal } from '../../../../src/core/policy/principal.ts';
import type { Slice } from '../../../../src/core/policy/slice.ts';
import {
  issueSessionId,
  parseWorkspaceId,
  type TurnId,
} from '../../../../src/core/primitives/ids.ts';
import { eventually } from '../../../support/eventually.ts';
import { type Script, scriptOf } from './script.ts';
import { ScriptedRun } from './scripted-run.ts';

export const SLICE: Slice = {
  toolCalls: 16,
  tokens: 1_000,
  costMicroUsd: 1_000,
  perTool: {},
};

export const bindings = env as unknown as BlockBindings;

export interface SessionFixture {
  readonly client: SessionClient;
  /** A new stub: one that has seen a crash stays broken. */
  readonly connect: () => DurableObjectStub;
  readonly principal: Principal;
  readonly script: Script;
  readonly create: CreateSession;
  /** A turn of the user's, as a route admits it. */
  readonly admission: (over?: Partial<AdmitTurn>) => AdmitTurn;
  /** Admits a turn and answers its id. */
  readonly admit: (over?: Partial<AdmitTurn>) => Promise<TurnId>;
  /** The run with that ordinal, as soon as it was started; the first one unless stated. */
  readonly run: (ordinal?: number) => Promise<ScriptedRun>;
  /** Creates the session, admits a turn, and answers its run. */
  readonly begin: () => Promise<ScriptedRun>;
  /** All events of a turn that there are. */
  readonly events: (turnId: TurnId) => Promise<readonly TurnEvent[]>;
  /** What has reached the chain, in order. */
  readonly chain: () => readonly AuditEvent[];
}

export function toAuthority(principal: Principal, over: Partial<Authority> = {}): Authority {
  const grants = ['tool:call:*', 'tool:network:http:*', 'provider:llm:call:*', 'session:turn'].map(
    toPattern,
  );
  return {
    revision: 1,
    principal,
    grants: grants.map((pattern) => ({ pattern })),
    policy: DEFAULT_POLICY,
    plugins: [WEB_PLUGIN],
    ...over,
  };
}

/** May reach `api.example.com:443` and, if a policy lets it, `localhost:8080`. */
export const WEB_PLUGIN: RegisteredPlugin = {
  name: 'web',
  version: '1.0.0',
  codeHash: 'c'.repeat(64),
  tier: 'wasm',
  state: 'running',
  allow: ['tool:network:http:api.example.com:443', 'tool:network:http:127.0.0.1:8080'].map(
    toPattern,
  ),
  deny: [],
  tools: [],
};

export function toPattern(text: string) {
  const parsed = parsePattern(text);
  if (!parsed.ok) throw new TypeError(parsed.error.message);
  return parsed.value;
}

/** What goes on talking to an embedded model takes. */
export const TO_TALK = [{ pattern: toPattern('session:turn') }];

export function openFixture(): SessionFixture {
  const workspace = parseWorkspaceId(`w${randomHex(8)}`)!;
  const key = keyedHash(bindings.SALLYPORT_MASTER_KEY, 'session-ids');
  const sessionId = issueSessionId(workspace, randomHex(16), key);
  const principal: Principal = { kind: 'user', id: 'alice', workspace, tokenId: 'tok_1' };
  const script = scriptOf(workspace);
  script.authority = toAuthority(principal);
  const create: CreateSession = { sessionId, principal, requestId: 'req_create' };
  const sessions = bindings.SESSIONS as unknown as DurableObjectNamespace;
  const client = openSession(bindings, workspace, sessionId);
  const admission: SessionFixture['admission'] = (over = {}) => ({
    sessionId,
    principal,
    requestId: 'req_turn',
    driver: { kind: 'default-model' },
    messages: [{ role: 'user', content: 'hello', label: PRINCIPAL_LABEL }],
    ...over,
  });
  const admit: SessionFixture['admit'] = async (over) => {
    const admitted = await client.admitTurn(admission(over));
    if (!admitted.ok) throw new TypeError(`not admitted: ${admitted.error.code}`);
    return admitted.value.turnId;
  };
  const run: SessionFixture['run'] = (ordinal = 0) =>
    eventually(() => {
      const turn = script.runs[ordinal];
      if (turn === undefined) throw new TypeError(`run ${ordinal} has not begun`);
      return new ScriptedRun(client, turn);
    });
  return {
    client,
    connect: () => sessions.getByName(`${workspace}/${sessionId}`),
    principal,
    script,
    create,
    admission,
    admit,
    run,
    begin: async () => {
      await client.create(create);
      await admit();
      return run();
    },
    events: async (turnId) => (await client.events(turnId, 0, 0))?.events ?? [],
    chain: () => [...script.chain.values()].flat(),
  };
}
