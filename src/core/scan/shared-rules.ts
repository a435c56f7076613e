/**
 * The rules that are the same for every workspace, made when they are first needed.
 *
 * @module
 */

import type { FindingKind } from './finding.ts';
import { createInjectionMatchers } from './injections/injection-matchers.ts';
import { type Rule, RuleSet } from './rule-set.ts';
import { createSecretMatchers } from './secrets/secret-matchers.ts';

/** Rules whose literal is ASCII, and the others: few texts need both. A cache, not state. */
let all: readonly Rule[] | undefined;
let ascii: RuleSet | undefined;
let others: RuleSet | undefined;

const ASCII = /^[\0-\x7f]*$/;

/** What must be searched for findings of some kinds in a text. */
export function sharedRules(kinds: ReadonlySet<FindingKind>, text: string): readonly RuleSet[] {
  all ??= createRules();
  ascii ??= new RuleSet(all.filter(({ matcher }) => ASCII.test(matcher.literal)));
  if (!kinds.has('injection') || ASCII.test(text)) return [ascii];
  others ??= new RuleSet(all.filter(({ matcher }) => !ASCII.test(matcher.literal)));
  return [ascii, others];
}

function createRules(): readonly Rule[] {
  return [
    ...createSecretMatchers().map((matcher): Rule => ({ kind: 'secret', matcher })),
    ...createInjectionMatchers().map((matcher): Rule => ({ kind: 'injection', matcher })),
  ];
}
