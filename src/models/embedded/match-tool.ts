/**
 * Which of the installed tools a clause asks for, by the words that they share.
 *
 * A word counts for more the fewer tools know it. Names weigh most, then descriptions and names of
 * arguments. What stands there literally is evidence too: a URL speaks for a tool that takes one.
 *
 * @module
 */

import type { OfferedTool } from '../../agent/ports.ts';
import { isJsonObject } from '../../core/primitives/json.ts';
import { type Literal, withoutMarks } from './literals.ts';
import { isUrlProperty } from './property-purpose.ts';
import { enumOf, propertiesOf } from './tool-properties.ts';
import { splitWords, toStems } from './words.ts';

const NAME_WEIGHT = 3;
const DESCRIPTION_WEIGHT = 1.5;
const PROPERTY_WEIGHT = 1;
const NAMED_SCORE = 20;
const URL_SCORE = 1.5;
const JSON_SCORE = 1;

/** Below this a clause is small talk. */
const LEAST_SCORE = 2;

export interface Match {
  readonly tool: OfferedTool;
  readonly score: number;
}

export interface ToolMatcher {
  /** The best tool for a clause, or nothing if no tool is meant. */
  match(head: string, literals: readonly Literal[]): Match | undefined;
}

interface Profile {
  readonly tool: OfferedTool;
  readonly spelledName: string;
  readonly weights: ReadonlyMap<string, number>;
  readonly takesUrl: boolean;
  readonly takesJson: boolean;
}

/** The rounds of a turn, and often many turns, ask about the same list. */
const MATCHERS = new WeakMap<readonly OfferedTool[], ToolMatcher>();

export function toolMatcherOf(tools: readonly OfferedTool[]): ToolMatcher {
  const known = MATCHERS.get(tools);
  if (known !== undefined) return known;
  const matcher = createToolMatcher(tools);
  MATCHERS.set(tools, matcher);
  return matcher;
}

function createToolMatcher(tools: readonly OfferedTool[]): ToolMatcher {
  const profiles = tools.map(toProfile);
  const rarity = toRarity(profiles);
  return {
    match(head, literals) {
      const words = withoutMarks(head);
      const stems = new Set(toStems(words));
      const spelled = ` ${splitWords(words).join(' ')} `;
      const scored = profiles.map((profile) => {
        const shared = [...stems].map(
          (stem) => (profile.weights.get(stem) ?? 0) * (rarity.get(stem) ?? 0),
        );
        const named = spelled.includes(profile.spelledName) ? NAMED_SCORE : 0;
        const score = named + shared.reduce((sum, weight) => sum + weight, 0);
        return { tool: profile.tool, score: score + literalScore(profile, literals) };
      });
      const best = scored.reduce<Match | undefined>(
        (winner, next) => (winner === undefined || next.score > winner.score ? next : winner),
        undefined,
      );
      return best === undefined || best.score < LEAST_SCORE ? undefined : best;
    },
  };
}

function toProfile(tool: OfferedTool): Profile {
  const weights = new Map<string, number>();
  const learn = (text: string, weight: number) => {
    for (const stem of toStems(text)) weights.set(stem, Math.max(weights.get(stem) ?? 0, weight));
  };
  const properties = propertiesOf(tool);
  learn(tool.description, DESCRIPTION_WEIGHT);
  learn(tool.name, NAME_WEIGHT);
  for (const { name, schema } of properties) {
    learn(enumOf(schema).join(' '), PROPERTY_WEIGHT);
    // A word for what a tool takes ("a text") says little about what is to be done with it.
    for (const stem of toStems(name)) weights.set(stem, PROPERTY_WEIGHT);
  }
  return {
    tool,
    spelledName: ` ${splitWords(tool.name).join(' ')} `,
    weights,
    takesUrl: properties.some(isUrlProperty),
    takesJson: properties.some(
      ({ name, schema }) =>
        /json|document|data/i.test(name) || (isJsonObject(schema) && schema.type === 'object'),
    ),
  };
}

/** 1 for a word that one tool knows, towards a third for one that all know. */
function toRarity(profiles: readonly Profile[]): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  for (const { weights } of profiles) {
    for (const stem of weights.keys()) known.set(stem, (known.get(stem) ?? 0) + 1);
  }
  return new Map([...known].map(([stem, tools]) => [stem, (1 + 2 / tools) / 3]));
}

function literalScore(profile: Profile, literals: readonly Literal[]): number {
  const hasUrl = profile.takesUrl && literals.some(({ kind }) => kind === 'url');
  const hasJson = profile.takesJson && literals.some(({ kind }) => kind === 'json');
  return (hasUrl ? URL_SCORE : 0) + (hasJson ? JSON_SCORE : 0);
}
