/**
 * The decision: may this happen, now, by this authority?
 *
 * Every party is asked by a *leg* of its own, and all that act must agree. The order of the legs
 * is data. Nothing is expanded, repaired or guessed here; what is malformed or unknown is denied.
 *
 * The information-flow rule is no leg: it needs the arguments, and belongs to check 5.
 *
 * @module
 */

import {
  allows,
  type CapabilityRules,
  findCovering,
  permits,
} from '../capabilities/capability-set.ts';
import { isKnown } from '../capabilities/catalogue.ts';
import type { Grant } from '../capabilities/grant.ts';
import { mayHold } from '../capabilities/holder.ts';
import { livePatterns } from '../capabilities/live-patterns.ts';
import {
  type Capability,
  type CapabilityPattern,
  parseCapability,
} from '../capabilities/pattern.ts';
import type { CheckReason } from '../errors/reasons.ts';
import type { PluginVersion, RegisteredPlugin } from '../manifest/registered-plugin.ts';
import type { Authority } from './authority.ts';
import { findPlugin, holdsGrant } from './authority-index.ts';

export type DecisionReason = CheckReason<'capability'>;

/** What is asked. A party that is absent does not act, so it is not asked. */
export interface Question {
  /** As written: it is parsed here. */
  readonly capability: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Name of the plugin that acts for the principal. */
  readonly plugin?: string;
  /** Which version of it, where that is known; the one that serves new turns otherwise. */
  readonly version?: PluginVersion;
  /** Expanded capabilities of the block that acts. */
  readonly block?: readonly CapabilityPattern[];
  /** The policy of the node that would run it. */
  readonly node?: CapabilityRules;
}

/** One party's answer. `not-asked`: it does not act, or an earlier no leaves no question. */
export interface Leg {
  readonly leg: string;
  readonly answer: 'yes' | 'no' | 'not-asked';
  /** Why it said no. */
  readonly reason?: DecisionReason;
  /** The pattern of a deny list that did. */
  readonly rule?: CapabilityPattern;
}

export interface Decision {
  readonly allowed: boolean;
  /** Of the first leg that said no. */
  readonly reason?: DecisionReason;
  /** All legs in their order, those after the first no as well. */
  readonly legs: readonly Leg[];
}

/** A question about a capability that exists, with what the registry knows of the plugin. */
interface Case {
  readonly authority: Authority;
  readonly question: Question;
  readonly capability: Capability;
  readonly plugin: RegisteredPlugin | undefined;
}

const NONE: readonly Grant[] = [];

interface LegRule {
  readonly leg: string;
  readonly reason: DecisionReason;
  /** `undefined` where there is nobody to ask. */
  readonly ask: (about: Case) => boolean | undefined;
  /** Of a list that denies: the pattern that does. */
  readonly findRule?: (about: Case) => CapabilityPattern | undefined;
}

/** Whom the operator's policy cannot lock out of reading and replacing it: who was granted that. */
const NEVER_LOCKED: ReadonlySet<string> = new Set(['system:config:read', 'system:config:write']);

const LEGS: readonly LegRule[] = [
  {
    leg: 'plugin-registered',
    reason: 'plugin_not_registered',
    ask: ({ question, plugin }) =>
      question.plugin === undefined ? undefined : plugin !== undefined,
  },
  {
    leg: 'plugin-allow',
    reason: 'plugin_allow_missing',
    ask: ({ plugin, capability }) =>
      plugin && mayHold('plugin', capability) && allows(plugin.allow, capability),
  },
  {
    leg: 'plugin-deny',
    reason: 'plugin_deny_match',
    ask: ({ plugin, capability }) => plugin && findCovering(plugin.deny, capability) === undefined,
    findRule: ({ plugin, capability }) => plugin && findCovering(plugin.deny, capability),
  },
  {
    leg: 'workspace-allow',
    reason: 'workspace_allow_missing',
    ask: (about) => isPolicyDoor(about) || allows(about.authority.policy.allow, about.capability),
  },
  {
    leg: 'workspace-deny',
    reason: 'workspace_deny_match',
    ask: (about) => isPolicyDoor(about) || findPolicyRule(about) === undefined,
    findRule: findPolicyRule,
  },
  {
    leg: 'principal-grant',
    reason: 'principal_grant_missing',
    ask: ({ authority, question, capability }) =>
      mayHold(authority.principal.kind, capability) &&
      holdsGrant(authority, capability, question.now),
  },
  {
    leg: 'block-capability',
    reason: 'block_capability_missing',
    ask: ({ authority, question, capability }) => {
      const { behalf } = authority.principal;
      const block = question.block ?? (behalf && livePatterns(behalf.grants, question.now));
      if (block === undefined) return undefined;
      const isOwn = allows(livePatterns(behalf?.own ?? NONE, question.now), capability);
      return mayHold('block', capability) && (isOwn || allows(block, capability));
    },
  },
  {
    leg: 'node-policy',
    reason: 'node_policy_denied',
    ask: ({ question: { node }, capability }) => node && permits(node, capability),
  },
];

/**
 * The reason of the first no, or nothing if all agree. The same answer as {@link authorize},
 * without its legs: this is what every tool call pays for.
 */
export function findObjection(
  authority: Authority,
  question: Question,
): DecisionReason | undefined {
  const read = readCase(authority, question);
  if (typeof read === 'string') return read;
  for (const { ask, reason } of LEGS) {
    if (ask(read) === false) return reason;
  }
  return undefined;
}

/** The decision with every leg's answer, for whoever may see it. */
export function authorize(authority: Authority, question: Question): Decision {
  const read = readCase(authority, question);
  if (read === 'malformed_capability') return refuse(read, 'no', 'not-asked');
  if (read === 'unknown_capability') return refuse(read, 'yes', 'no');

  const answers = LEGS.map(({ leg, reason, ask, findRule }): Leg => {
    const answer = ask(read);
    if (answer === undefined) return { leg, answer: 'not-asked' };
    if (answer) return { leg, answer: 'yes' };
    const rule = findRule?.(read);
    return { leg, answer: 'no', reason, ...(rule !== undefined && { rule }) };
  });
  const legs: readonly Leg[] = [
    { leg: 'form', answer: 'yes' },
    { leg: 'catalogue', answer: 'yes' },
    ...answers,
  ];
  const reason = answers.find(({ answer }) => answer === 'no')?.reason;
  return reason === undefined ? { allowed: true, legs } : { allowed: false, reason, legs };
}

function readCase(
  authority: Authority,
  question: Question,
): Case | 'malformed_capability' | 'unknown_capability' {
  const parsed = parseCapability(question.capability);
  if (!parsed.ok) return 'malformed_capability';
  if (!isKnown(parsed.value)) return 'unknown_capability';
  const { plugin: name, version } = question;
  const plugin = name === undefined ? undefined : findPlugin(authority, name, version);
  return { authority, question, capability: parsed.value, plugin };
}

/** A capability that does not exist: there is nothing to ask the parties. */
function refuse(reason: DecisionReason, form: Leg['answer'], catalogue: Leg['answer']): Decision {
  const toLeg = (leg: string, answer: Leg['answer']): Leg =>
    answer === 'no' ? { leg, answer, reason } : { leg, answer };
  const unasked = LEGS.map(({ leg }) => toLeg(leg, 'not-asked'));
  return {
    allowed: false,
    reason,
    legs: [toLeg('form', form), toLeg('catalogue', catalogue), ...unasked],
  };
}

function findPolicyRule({ authority, capability }: Case): CapabilityPattern | undefined {
  return findCovering(authority.policy.deny, capability);
}

function isPolicyDoor({ authority, question, capability }: Case): boolean {
  return (
    question.plugin === undefined &&
    question.block === undefined &&
    authority.principal.behalf === undefined &&
    NEVER_LOCKED.has(capability)
  );
}
