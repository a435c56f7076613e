/**
 * What a run knows of its turn as it goes: the conversation, what is left of the slice, and under
 * which authority it decides. Lives in memory only; the journal is the truth.
 *
 * @module
 */

import type { CallTrace } from '../core/checks/check-context.ts';
import { type ClientWishes, NO_WISHES } from '../core/conversation/client-wishes.ts';
import type { Message } from '../core/conversation/message.ts';
import type { Turn } from '../core/conversation/turn.ts';
import { addUsage, NO_USAGE, type Usage } from '../core/conversation/usage.ts';
import type { Authority } from '../core/policy/authority.ts';
import { joinLabels, type Label, LOWEST_LABEL } from '../core/policy/labels.ts';
import type { Slice } from '../core/policy/slice.ts';
import type { HiddenValues } from '../core/provenance/handle.ts';
import { HeardValues } from '../core/provenance/heard-values.ts';
import type { TurnPorts } from './ports.ts';
import { type CommitRefusal, NOTHING_TO_SAY, type Step } from './run-end.ts';
import type { TurnWatch } from './watch-turn.ts';

/** Steps that wait for the next commit; see `commitSoon`. */
export interface Deferred {
  step: Step;
  /** The commit that they are in by themselves. */
  flushing: Promise<void> | undefined;
  /** How that ended badly: the next commit says so. */
  refusal: CommitRefusal | undefined;
  lost: unknown;
}

export interface TurnState {
  readonly turn: Turn;
  readonly ports: TurnPorts;
  readonly watch: TurnWatch;
  readonly deferred: Deferred;
  /** Of the newest revision that this run has heard of, if that is not the turn's own. */
  newest: Authority | undefined;
  /** What is left of it. */
  slice: Slice;
  /** Join over all that is in the context. */
  label: Label;
  /** What the whole turn has cost, this run and earlier ones. */
  usage: Usage;
  readonly messages: Message[];
  /** What they say that is trusted. */
  readonly heard: HeardValues;
  /** What the handles that it was shown stand for. */
  handles: HiddenValues;
  /** Every approved call of the turn, in order. */
  readonly history: CallTrace[];
  /** Hashes of the calls that a human has approved. The session sees to it that each counts once. */
  readonly approvals: ReadonlySet<string>;
  readonly wishes: ClientWishes;
}

export function createTurnState(turn: Turn, ports: TurnPorts, watch: TurnWatch): TurnState {
  return {
    turn,
    ports,
    watch,
    deferred: {
      step: NOTHING_TO_SAY,
      flushing: undefined,
      refusal: undefined,
      lost: undefined,
    },
    newest: undefined,
    slice: turn.slice,
    label: turn.history.reduce((label, message) => joinLabels(label, message.label), LOWEST_LABEL),
    usage: NO_USAGE,
    messages: [...turn.history],
    heard: new HeardValues(turn.history),
    handles: {},
    history: [],
    approvals: new Set(turn.approvals),
    wishes: turn.wishes ?? NO_WISHES,
  };
}

/** The authority whose revision decisions are made under; the turn's own must agree as well. */
export function presentAuthority({ newest, turn }: TurnState): Authority {
  return newest ?? turn.authority;
}

export function hearMessage(state: TurnState, message: Message): void {
  state.messages.push(message);
  state.heard.hear(message);
  state.label = joinLabels(state.label, message.label);
}

/** Settles what a model call has cost. May leave less than nothing: then no further one fits. */
export function spendUsage(state: TurnState, usage: Usage): void {
  state.usage = addUsage(state.usage, usage);
  state.slice = {
    ...state.slice,
    tokens: state.slice.tokens - usage.inputTokens - usage.outputTokens,
    costMicroUsd: state.slice.costMicroUsd - usage.costMicroUsd,
  };
}
