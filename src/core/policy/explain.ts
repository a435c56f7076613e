/**
 * Why the answer is what it is, for those who may see it: every leg, and the smallest grant that
 * would turn a no into a yes.
 *
 * @module
 */

import { mayHold } from '../capabilities/holder.ts';
import type { HolderKind } from '../capabilities/holder-kind.ts';
import { type Capability, parseCapability } from '../capabilities/pattern.ts';
import type { Authority } from './authority.ts';
import { findTool } from './authority-index.ts';
import { authorize, type Decision, type Question } from './authorize.ts';

export interface Explanation extends Decision {
  /**
   * The one capability to add wherever a leg says no. Absent if that would not help: a party
   * denies it, the holder may never have it, or it does not exist.
   */
  readonly missingGrant?: Capability;
}

/** A question in which a tool may stand for its plugin. */
export interface ExplainQuestion extends Question {
  readonly tool?: string;
}

/** The legs whose no is only that something was not given, and to whom it would be given. */
const GIVEN_TO: Readonly<Record<string, (authority: Authority) => HolderKind | 'workspace'>> = {
  'plugin-allow': () => 'plugin',
  'workspace-allow': () => 'workspace',
  'principal-grant': (authority) => authority.principal.kind,
  'block-capability': () => 'block',
};

export function explain(authority: Authority, asked: ExplainQuestion): Explanation {
  const { tool, ...question } = asked;
  const decision = authorize(authority, { ...question, ...toPlugin(authority, asked) });
  const missingGrant = findMissingGrant(authority, question, decision);
  return missingGrant === undefined ? decision : { ...decision, missingGrant };
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
