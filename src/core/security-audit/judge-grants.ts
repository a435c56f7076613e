/**
 * Grants that are wider than their use, or wide at all.
 *
 * @module
 */

import { findCovering } from '../capabilities/capability-set.ts';
import { parsePattern, patternsAmong } from '../capabilities/pattern.ts';
import type { ProvedTool } from '../policy/prove-move.ts';
import { DAY_MS, tellDays } from './day.ts';
import type { DeploymentFacts } from './deployment-facts.ts';
import { findWide } from './find-wide.ts';
import type { Finding } from './finding.ts';
import { changeMember, replaceTokens, takeAway } from './mending-command.ts';
import { narrowToUse } from './narrow-to-use.ts';
import type { TokenFacts } from './registry-facts.ts';
import { ACTS_FOR_OTHERS, findUsed, type RecordedEvent } from './used-capabilities.ts';
import { withoutExpansions } from './without-expansions.ts';

/** Patterns that a sentence names; the evidence names all. */
const MAX_NAMED = 8;

/** Capabilities by which a block or a channel comes to act within its owner's grants. */
const TO_ACT_THROUGH = ['block:spawn', 'channel:manage'];

export function judgeGrants(facts: DeploymentFacts): readonly Finding[] {
  const { tokens = [], members = [], now } = facts;
  const live = tokens.filter((token) => isLive(token, now));
  const wide = live.flatMap(({ id, subject, grants }) =>
    judgeWidth(grants, {
      ...{ holder: `token ${id} of ${subject}`, about: { token: id, subject } },
      mend: (patterns) => replaceTokens(subject, withoutThese(grants, patterns), [id]),
    }),
  );
  const bounds = members.flatMap(({ id, grants }) =>
    judgeWidth(grants, {
      ...{ holder: `member ${id}`, about: { member: id } },
      mend: (patterns) => changeMember(facts.workspace, id, takeAway('.grants', patterns)),
    }),
  );
  return [...wide, ...bounds, ...findUnused(facts, live)];
}

export function isLive({ revokedAt, expiresAt }: TokenFacts, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || now < expiresAt);
}

interface Holder {
  /** As a sentence names it. */
  readonly holder: string;
  readonly about: Readonly<Record<string, string>>;
  /** The command that takes these patterns away. */
  readonly mend: (patterns: readonly string[]) => string;
}

function judgeWidth(
  grants: readonly string[],
  { holder, about, mend }: Holder,
): readonly Finding[] {
  const { patterns, narrower } = findWide(grants);
  if (patterns.length === 0) return [];
  const sentence = `The ${holder} holds all of ${narrower.length} dangerous families: ${patterns.join(', ')}`;
  return [
    {
      ...{ id: 'grant-wide', level: 'medium', sentence },
      evidence: { ...about, patterns, narrower },
      command: mend(patterns),
    },
  ];
}

/** As they would be written in an order for a token. */
function withoutThese(grants: readonly string[], patterns: readonly string[]): readonly string[] {
  return withoutExpansions(grants).filter((grant) => !patterns.includes(grant));
}

/** By principal, since the record says who acted and not with which of his tokens. */
function findUnused(
  { record, proof, now }: DeploymentFacts,
  live: readonly TokenFacts[],
): readonly Finding[] {
  if (record === undefined || !record.isWhole || proof === undefined) return [];
  const tools = proof.plugins.flatMap((plugin) => plugin.tools);
  const byActor = Map.groupBy(record.events, ({ actor }) => actor);
  const others = record.events.filter(({ actor }) => ACTS_FOR_OTHERS.test(actor));
  return [...Map.groupBy(live, ({ subject }) => subject)].flatMap(([subject, tokens]) => {
    const held = [...new Set(tokens.flatMap(({ grants }) => grants))];
    const own = byActor.get(subject) ?? [];
    const events = mayActThrough(held) ? [...own, ...others] : own;
    const since = Math.max(record.from, Math.min(...tokens.map(({ createdAt }) => createdAt)));
    const days = Math.max(1, Math.ceil((now - since) / DAY_MS));
    const about = { subject, tokens: tokens.map(({ id }) => id), days };
    return judgeUse(about, held, { events, tools });
  });
}

interface Use {
  readonly events: readonly RecordedEvent[];
  readonly tools: readonly ProvedTool[];
}

function judgeUse(
  about: {
    readonly subject: string;
    readonly tokens: readonly string[];
    /** Whole ones for which it is known, at least one. */
    readonly days: number;
  },
  held: readonly string[],
  { events, tools }: Use,
): readonly Finding[] {
  const { unused, enough, isLess, isSensitive } = narrowToUse(held, findUsed(events, tools));
  if (!isLess) return [];
  const { subject, tokens, days } = about;
  return [
    {
      id: 'grant-unused',
      level: isSensitive ? 'medium' : 'low',
      sentence: `${subject} has not used all that its tokens grant in ${tellDays(days)}; this would have been enough: ${nameSome(enough)}`,
      evidence: { subject, tokens, days, held: withoutExpansions(held), unused, enough },
      command: replaceTokens(subject, enough, tokens),
    },
  ];
}

function nameSome(patterns: readonly string[]): string {
  const shown = patterns.slice(0, MAX_NAMED).join(', ');
  if (patterns.length === 0) return 'nothing';
  return patterns.length > MAX_NAMED ? `${shown} and ${patterns.length - MAX_NAMED} more` : shown;
}

function mayActThrough(held: readonly string[]): boolean {
  const patterns = patternsAmong(held);
  return TO_ACT_THROUGH.some((name) => {
    const parsed = parsePattern(name);
    const isHeld = parsed.ok && findCovering(patterns, parsed.value) !== undefined;
    return isHeld || patterns.some((pattern) => pattern.startsWith(`${name}:`));
  });
}
