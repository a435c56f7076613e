/**
 * Behaviours that work through a session of their own: an agent's turn for each message, and a
 * plugin's reducer as the one call of a program.
 *
 * A message has one turn, found again by its id however often it is asked for.
 *
 * @module
 */

import type { AgentBehavior, PluginBehavior } from '../../core/blocks/block-spec.ts';
import { type Reduction, reductionSchema } from '../../core/blocks/effect.ts';
import { toResource } from '../../core/capabilities/resource.ts';
import type { UserMessage } from '../../core/conversation/message.ts';
import type { Usage } from '../../core/conversation/usage.ts';
import type { Denial } from '../../core/errors/denial.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { joinLabels, PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../core/policy/labels.ts';
import type { Spend } from '../../core/policy/ledger.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { StoredMessage } from '../kit/mailbox-store.ts';
import { hasEnded } from '../session/turn-store.ts';
import type { Behave, Processed } from './behavior.ts';
import {
  type AskedTurn,
  type BlockSession,
  endOwnTurns,
  openBlockSession,
} from './block-session.ts';
import type { BlockFacts } from './facts-store.ts';
import { versionOf } from './present-facts.ts';
import { AGAIN, FOR_HUMAN, type Later, laterThan, toProgramEnd, WAIT_MS } from './program-end.ts';
import { readAnswer } from './read-answer.ts';
import type { StateStore } from './state-store.ts';

export function createAgent(env: BlockBindings): (spec: AgentBehavior) => Behave {
  return (spec) =>
    async ({ facts, message, ceiling }) => {
      const session = openBlockSession(env, facts);
      const { model, system, tools } = spec;
      const asked = { ...toAsked(facts, message), ...(tools !== undefined && { tools }) };
      const request = session.request(asked);
      const admitted = await session.client.admitTurn({
        ...request,
        create: { ...request.create, ...(system !== undefined && { system }) },
        driver: model === undefined ? { kind: 'default-model' } : { kind: 'model', model },
        messages: [toUserMessage(message)],
        ...(ceiling !== undefined && { ceiling }),
      });
      if (!admitted.ok) {
        const { code } = admitted.error;
        if (code === 'turn_waiting') return await makeWay(session, asked);
        return laterThan(admitted.error) ?? { kind: 'crashed', code };
      }
      for (;;) {
        const turn = await session.client.awaitTurn(admitted.value.turnId, WAIT_MS);
        // Somebody may have deleted the conversation.
        if (turn === undefined) return { kind: 'crashed', code: 'not_found' };
        if (turn.status === 'waiting') return FOR_HUMAN;
        if (!hasEnded(turn)) continue;
        const used = toSpend(turn.usage);
        if (turn.status !== 'finished')
          return { kind: 'crashed', code: turn.code ?? turn.status, used };
        // Words that no tool's result has shaped may be its sender's. The session remembers other
        // senders too.
        const own = turn.toolCalls.length === 0 ? message.label : UNTRUSTED_LABEL;
        const label = joinLabels(own, turn.label);
        return { kind: 'done', effects: [{ type: 'reply', body: turn.output }], label, used };
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
      const session = openBlockSession(env, facts);
      const before = state.read();
      const input = {
        state: before === undefined ? spec.state : JSON.parse(before.text),
        message: toReducerMessage(message),
      };
      const { plugin, entry: name } = spec;
      const call = { id: 'block', name, plugin, argumentsText: JSON.stringify(input) };
      // What it asks its host for is another matter than whether it may be called.
      const asked = { ...toAsked(facts, message), tool: spec.entry };
      const ran = await session.client.runProgram(
        {
          ...session.request(asked),
          driver: { kind: 'program', call },
          messages: [],
        },
        WAIT_MS,
      );
      if (!ran.ok && ran.error.code === 'turn_waiting') return await makeWay(session, asked);
      const end = toProgramEnd(ran);
      if (end.kind === 'later') return end;
      if (end.kind === 'denied') return toRefused(end.denial);
      if (end.kind === 'failed') return { kind: 'crashed', code: end.code };
      const { content, truncated, label } = end.result;
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

/**
 * The lane of the session is held by a turn that waits for a human. If that is of a message which is not
 * there any more, nobody waits for it: it ends. Any other is waited for.
 */
async function makeWay(session: BlockSession, asked: AskedTurn): Promise<Later> {
  await endOwnTurns(session, asked);
  return AGAIN;
}

/** The next behaviour processes a message anew that the one before could not finish. */
function toAsked(facts: BlockFacts, message: StoredMessage): AskedTurn {
  const { messageId, seq, attempts, body, traceId } = message;
  return {
    key: `${messageId}/${seq}/${attempts}/${versionOf(facts)}`,
    body,
    requestId: traceId ?? facts.order.requestId,
  };
}

function toSpend({ inputTokens, outputTokens, costMicroUsd }: Usage): Spend {
  return { tokens: inputTokens + outputTokens, costMicroUsd };
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
  const answer = readAnswer(content);
  return answer.ok ? reductionSchema.safeParse(answer.value).data : undefined;
}

function toRefused({ check, reason, family }: Denial): Processed {
  return check === 'capability' && family !== undefined
    ? { kind: 'lacking', capability: family, reason }
    : { kind: 'crashed', code: reason };
}
