/**
 * The step between two behaviours: a tool of the new one makes its state of the old. Metered, checked
 * and recorded as any message is.
 *
 * @module
 */

import * as z from 'zod';
import type { Behavior } from '../../core/blocks/block-spec.ts';
import { joinLabels, type Label, PRINCIPAL_LABEL } from '../../core/policy/labels.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { openBlockSession } from './block-session.ts';
import type { BlockFacts } from './facts-store.ts';
import { behaviorOf, versionOf } from './present-facts.ts';
import { readAnswer } from './read-answer.ts';
import type { BehaviorState } from './state-store.ts';

/** How long a migration may take, in milliseconds. */
const WAIT_MS = 25_000;

export interface Migrating {
  readonly facts: BlockFacts;
  readonly before: BehaviorState | undefined;
  readonly tool: string;
  readonly requestId: string;
  /** Of this one try: another one is run anew. */
  readonly key: string;
}

export type Migrated =
  | { readonly kind: 'migrated'; readonly state: string; readonly label: Label }
  | { readonly kind: 'failed'; readonly reason: string };

export type Migrate = (migrating: Migrating) => Promise<Migrated>;

export function createMigration(env: BlockBindings): Migrate {
  return async ({ facts, before, tool, requestId, key }) => {
    const session = openBlockSession(env, facts);
    const input = {
      state: stateBefore(facts, before),
      fromVersion: versionOf(facts),
      from: toOrigin(behaviorOf(facts)),
    };
    const argumentsText = JSON.stringify(input);
    const ran = await session.client.runProgram(
      {
        ...session.request({ key, body: argumentsText, requestId, tool }),
        driver: { kind: 'program', call: { id: 'migrate', name: tool, argumentsText } },
        messages: [],
        onAsk: 'deny',
      },
      WAIT_MS,
    );
    if (!ran.ok) return { kind: 'failed', reason: ran.error.code };
    const outcome = ran.value;
    if (outcome === undefined) return { kind: 'failed', reason: 'timeout' };
    if (outcome.kind === 'waiting') return { kind: 'failed', reason: 'approval_required' };
    if (outcome.kind === 'denied') return { kind: 'failed', reason: outcome.denial.reason };
    if (outcome.kind === 'failed') return { kind: 'failed', reason: outcome.code };
    const { content, truncated, label } = outcome.result;
    const state = truncated ? undefined : readState(content);
    return state === undefined
      ? { kind: 'failed', reason: 'bad_state' }
      : { kind: 'migrated', state, label: joinLabels(label, before?.label ?? PRINCIPAL_LABEL) };
  };
}

/** Before its first message a reducer has the state that its behaviour names. */
function stateBefore(facts: BlockFacts, before: BehaviorState | undefined): JsonValue {
  const behavior = behaviorOf(facts);
  if (before !== undefined) return JSON.parse(before.text);
  return behavior.kind === 'plugin' ? behavior.state : null;
}

function toOrigin(behavior: Behavior) {
  const { kind } = behavior;
  return behavior.kind === 'plugin'
    ? { kind, plugin: behavior.plugin, entry: behavior.entry }
    : { kind };
}

const answerSchema = z.strictObject({ state: z.json() });

function readState(content: string): string | undefined {
  const answer = readAnswer(content);
  const parsed = answer.ok ? answerSchema.safeParse(answer.value) : undefined;
  return parsed?.success ? JSON.stringify(parsed.data.state) : undefined;
}
