/**
 * Behaviours that work through a session of their own: an agent's turn for each message, and a
 * plugin's reducer as the one call of a program. So everything that a block does to the world passes
 * the same seven checks, journal and record as anybody's call, within its capabilities.
 *
 * A message has one turn, found again by its id however often it is asked for.
 *
 * @module
 */

import type { AgentBehavior, PluginBehavior } from '../../core/blocks/block-spec.ts';
import { type Reduction, reductionSchema } from '../../core/blocks/effect.ts';
import { type CapabilityPattern, parsePattern } from '../../core/capabilities/pattern.ts';
import { toResource } from '../../core/capabilities/resource.ts';
import type { UserMessage } from '../../core/conversation/message.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { joinLabels, PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../core/policy/labels.ts';
import type { Principal } from '../../core/policy/principal.ts';
import { issueSessionId, type SessionId } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { keyedHash, sha256Hex } from '../kit/keys.ts';
import type { StoredMessage } from '../kit/mailbox-store.ts';
import type { AdmissionRefusal } from '../session/session-api.ts';
import { openSession, type SessionClient } from '../session/session-client.ts';
import type { Behave, Processed } from './behavior.ts';
import type { BlockFacts } from './facts-store.ts';
import type { StateStore } from './state-store.ts';

/** How long one question to the session waits, in milliseconds; it is asked again. */
const WAIT_MS = 25_000;

const RETRY_MS = 1_000;

export function createAgent(env: BlockBindings): (spec: AgentBehavior) => Behave {
  return (spec) =>
    async ({ facts, message }) => {
      const session = sessionOf(env, facts);
      const { model, system } = spec;
      const { capabilities } = facts.order;
      const request = toRequest(session.sessionId, facts, { message, bounds: capabilities });
      const admitted = await session.admitTurn({
        ...request,
        create: { ...request.create, ...(system !== undefined && { system }) },
        driver: model === undefined ? { kind: 'default-model' } : { kind: 'model', model },
        messages: [toUserMessage(message)],
      });
      if (!admitted.ok) return toFailure(admitted.error);
      for (;;) {
        const turn = await session.awaitTurn(admitted.value.turnId, WAIT_MS);
        if (turn === undefined) continue;
        if (turn.status !== 'finished') return { kind: 'crashed', code: turn.code ?? turn.status };
        const label = turn.toolCalls.length === 0 ? message.label : UNTRUSTED_LABEL;
        return { kind: 'done', effects: [{ type: 'reply', body: turn.output }], label };
      }
    };
}

/** What an agent needs before anything else, whichever model it asks. */
export function modelCapability(spec: AgentBehavior, authority: Authority | undefined): string {
  const model = toResource('name', spec.model ?? authority?.policy.models.default ?? '');
  return model.ok ? `provider:llm:call:${model.value}` : 'provider:llm:call';
}

export function createReducer(
  env: BlockBindings,
  state: StateStore,
): (spec: PluginBehavior) => Behave {
  return (spec) =>
    async ({ facts, message }) => {
      const session = sessionOf(env, facts);
      const before = state.read();
      const input = {
        state: before === undefined ? spec.state : JSON.parse(before.text),
        message: toReducerMessage(message),
      };
      const call = { id: 'block', name: spec.entry, argumentsText: JSON.stringify(input) };
      // A reducer may always be called by its own block; what it asks its host for is another matter.
      const bounds = [...facts.order.capabilities, ...callPattern(spec.entry)];
      const ran = await session.runProgram(
        {
          ...toRequest(session.sessionId, facts, { message, bounds }),
          driver: { kind: 'program', call },
          messages: [],
        },
        WAIT_MS,
      );
      if (!ran.ok) return toFailure(ran.error);
      const outcome = ran.value;
      if (outcome === undefined) return { kind: 'later', afterMs: RETRY_MS };
      if (outcome.kind === 'denied') return { kind: 'crashed', code: outcome.denial.reason };
      if (outcome.kind === 'failed') return { kind: 'crashed', code: outcome.code };
      const { content, truncated, label } = outcome.result;
      const reduction = truncated ? undefined : readReduction(content);
      if (reduction === undefined) return { kind: 'crashed', code: 'bad_reduction' };
      const made = [message.label, before?.label ?? PRINCIPAL_LABEL].reduce(joinLabels, label);
      return {
        kind: 'done',
        state: JSON.stringify(reduction.state),
        effects: reduction.effects,
        label: made,
      };
    };
}

function sessionOf(env: BlockBindings, { order }: BlockFacts): SessionClient {
  const { workspace } = order.creator;
  const hash = keyedHash(env.SALLYPORT_MASTER_KEY, 'session-ids');
  const chance = sha256Hex(`block:${order.blockId}`).slice(0, 32);
  return openSession(env, workspace, issueSessionId(workspace, chance, hash));
}

interface Asked {
  readonly message: StoredMessage;
  readonly bounds: readonly CapabilityPattern[];
}

function toRequest(sessionId: SessionId, { order }: BlockFacts, { message, bounds }: Asked) {
  const { creator, blockId } = order;
  const principal: Principal = {
    kind: 'block',
    id: blockId,
    workspace: creator.workspace,
    tokenId: creator.tokenId,
    behalf: { kind: creator.kind, id: creator.id, capabilities: bounds },
  };
  const requestId = message.traceId ?? order.requestId;
  return {
    sessionId,
    principal,
    requestId,
    create: { sessionId, principal, requestId },
    idempotency: {
      key: `${message.messageId}/${message.seq}/${message.attempts}`,
      bodyHash: sha256Hex(message.body),
    },
  };
}

function toUserMessage({ body, label }: StoredMessage): UserMessage {
  return { role: 'user', content: toText(body), label };
}

/** A message that is one JSON text is that text; anything else is shown as JSON. */
function toText(body: StoredMessage['body']): string {
  if (typeof body !== 'string') return `(${body.length} bytes)`;
  const value: unknown = JSON.parse(body);
  return typeof value === 'string' ? value : body;
}

function toReducerMessage({ body, from, messageId, signal, correlationId }: StoredMessage) {
  return {
    messageId,
    from,
    ...(typeof body === 'string'
      ? { body: JSON.parse(body) }
      : { bytes: Buffer.from(body).toString('base64') }),
    ...(signal && { signal }),
    ...(correlationId !== undefined && { isCall: true }),
  };
}

function readReduction(content: string): Reduction | undefined {
  try {
    const parsed = reductionSchema.safeParse(JSON.parse(content));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function callPattern(tool: string): CapabilityPattern[] {
  const resource = toResource('name', tool);
  const pattern = resource.ok ? parsePattern(`tool:call:${resource.value}`) : resource;
  return pattern.ok ? [pattern.value] : [];
}

/** What will pass is tried again; what will not is the block's own failure. */
function toFailure({ code, retryAfterMs }: AdmissionRefusal): Processed {
  const passes =
    code === 'rate_limited' ||
    code === 'budget_exhausted' ||
    code === 'audit_unavailable' ||
    code === 'lane_full';
  return passes ? { kind: 'later', afterMs: retryAfterMs ?? RETRY_MS } : { kind: 'crashed', code };
}
