/**
 * Why the answer is what it is, for those who may see it: every leg, and the smallest grant that
 * would turn a no into a yes.
 *
 * @module
 */

import { mayHold } from '../capabilities/holder.ts';
import type { HolderKind } from '../capabilities/holder-kind.ts';
import { type Capability, parseCapability } from '../capabilities/pattern.ts';
import type { CheckReason } from '../errors/reasons.ts';
import type { Authority } from './authority.ts';
import { findTool } from './authority-index.ts';
import { authorize, type Decision, type Leg, type Question } from './authorize.ts';
import { decideEffects, decideSend, effectOf, effectsOfCall, joinRead } from './flow.ts';
import type { FlowOutcome } from './flow-rules.ts';
import { findSwitchAgainst, type KillSwitch } from './kill-switch.ts';
import type { Label } from './labels.ts';

/** A party's answer, or that of the information-flow rules: the last leg. */
export interface ExplainedLeg extends Omit<Leg, 'reason' | 'rule'> {
  readonly reason?: Leg['reason'] | FlowReason;
  /** What of the lists and tables has said no: a pattern, or a cell of `policy.flow`. */
  readonly rule?: string;
}

type FlowReason = Extract<CheckReason<'sanitise'>, 'flow_denied' | 'approval_required'>;

export interface Explanation extends Omit<Decision, 'legs' | 'reason'> {
  readonly reason?: ExplainedLeg['reason'];
  readonly legs: readonly ExplainedLeg[];
  /**
   * The one capability to add wherever a leg says no. Absent if that would not help: a party
   * denies it, the holder may never have it, a switch has ended it, or it does not exist.
   */
  readonly missingGrant?: Capability;
  /** What is thrown against it: until it is released, no grant helps. */
  readonly killSwitch?: KillSwitch;
}

/** A question in which a tool may stand for its plugin. */
export interface ExplainQuestion extends Question {
  readonly tool?: string;
  /** Of all that may have shaped the call; without it the flow rules are not asked. */
  readonly label?: Label;
  /** Those that are thrown in the workspace. */
  readonly switches?: readonly KillSwitch[];
}

/** The legs whose no is only that something was not given, and to whom it would be given. */
const GIVEN_TO: Readonly<Record<string, (authority: Authority) => HolderKind | 'workspace'>> = {
  'plugin-allow': () => 'plugin',
  'workspace-allow': () => 'workspace',
  'principal-grant': (authority) => authority.principal.kind,
  'block-capability': () => 'block',
};

export function explain(authority: Authority, asked: ExplainQuestion): Explanation {
  const { tool, label, switches = [], ...question } = asked;
  const decision = authorize(authority, { ...question, ...toPlugin(authority, asked) });
  const killSwitch = decision.allowed ? undefined : findSwitch(switches, asked);
  const missingGrant = killSwitch ? undefined : findMissingGrant(authority, question, decision);
  const flow = askFlow(authority, asked);
  const reason = decision.reason ?? flow.reason;
  return {
    allowed: decision.allowed && flow.answer !== 'no',
    ...(reason !== undefined && { reason }),
    legs: [...decision.legs, flow],
    ...(missingGrant !== undefined && { missingGrant }),
    ...(killSwitch !== undefined && { killSwitch }),
  };
}

function findSwitch(
  switches: readonly KillSwitch[],
  { capability: text }: Question,
): KillSwitch | undefined {
  const capability = parseCapability(text);
  return capability.ok ? findSwitchAgainst(switches, capability.value) : undefined;
}

const FLOW_REASONS: Readonly<Record<Exclude<FlowOutcome, 'allow'>, FlowReason>> = {
  ask: 'approval_required',
  deny: 'flow_denied',
};

/**
 * What the rules say of the effect, by the tool's own claims or else by the capability alone. Where
 * arguments come from, and what the principal has asked for, only a real call can tell.
 */
function askFlow(authority: Authority, { tool, label, capability }: ExplainQuestion): ExplainedLeg {
  const leg = 'information-flow';
  if (label === undefined) return { leg, answer: 'not-asked' };
  const found = tool === undefined ? undefined : findTool(authority, tool)?.tool;
  const { flow } = authority.policy;
  const outcome = found
    ? decideEffects(label, found, flow)
    : decideSend(label, effectOf([capability]), flow);
  if (outcome === 'allow') return { leg, answer: 'yes' };
  const effects = found ? effectsOfCall(found) : (['send'] as const);
  const read = joinRead(label, effectOf(found?.requires ?? [capability]));
  const { integrity, confidentiality } = read;
  const effect = effects.find((each) => flow[each][integrity][confidentiality] === outcome);
  const rule = `flow.${effect}.${integrity}.${confidentiality}`;
  return { leg, answer: 'no', reason: FLOW_REASONS[outcome], rule };
}

/** A tool that nobody has makes the question one about a plugin that does not exist. */
function toPlugin(
  authority: Authority,
  { tool, plugin }: ExplainQuestion,
): Pick<Question, 'plugin'> | undefined {
  if (tool === undefined) return undefined;
  const name = findTool(authority, tool)?.plugin.name ?? '';
  return { plugin: plugin === undefined || plugin === name ? name : '' };
}

/** A grant of exactly one capability: whatever else covers it is wider. */
function findMissingGrant(
  authority: Authority,
  question: Question,
  decision: Decision,
): Capability | undefined {
  const capability = parseCapability(question.capability);
  if (decision.allowed || !capability.ok) return undefined;

  const isGiveable = decision.legs
    .filter(({ answer }) => answer === 'no')
    .every(({ leg }) => {
      const holder = GIVEN_TO[leg]?.(authority);
      return holder !== undefined && (holder === 'workspace' || mayHold(holder, capability.value));
    });
  return isGiveable ? capability.value : undefined;
}
