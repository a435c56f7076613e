/**
 * Any number of rules as one: a single pass finds all their literals, and only around those does a
 * rule look closer.
 *
 * @module
 */

import { Automaton } from './automaton.ts';
import type { Finding, FindingKind } from './finding.ts';
import type { Matcher } from './matcher.ts';
import { TextRuns } from './text-runs.ts';

export interface Rule {
  readonly kind: FindingKind;
  readonly matcher: Matcher;
}

export interface Found {
  /** Those of one kind do not lie within each other. */
  readonly findings: readonly Finding[];
  /** From here on, more text could make a finding, or another one. */
  readonly openFrom: number;
}

/** Whatever finds things of some kinds in one pass over a text. */
export interface Searcher {
  readonly search: (text: string, kinds: ReadonlySet<FindingKind>) => Found;
}

export class RuleSet implements Searcher {
  readonly #automaton: Automaton;
  /** The rules of each literal, as numbers into `#rules`. */
  readonly #byLiteral: readonly (readonly number[])[];
  readonly #rules: readonly Rule[];

  /** Of two rules for the same characters, the first gives the name. No literal is empty. */
  constructor(rules: readonly Rule[]) {
    const byLiteral = new Map<string, number[]>();
    for (const [number, { matcher }] of rules.entries()) {
      const literal = matcher.literal.toLowerCase();
      const others = byLiteral.get(literal);
      if (others === undefined) byLiteral.set(literal, [number]);
      else others.push(number);
    }
    this.#rules = rules;
    this.#byLiteral = [...byLiteral.values()];
    this.#automaton = new Automaton([...byLiteral.keys()]);
  }

  search(text: string, kinds: ReadonlySet<FindingKind>): Found {
    const runs = new TextRuns(text);
    const found: (Finding & { readonly rule: number })[] = [];
    const doneTo: number[] = [];
    let openFrom = text.length;
    const unfinished = this.#automaton.search(text, (literal, end) => {
      for (const rule of this.#byLiteral[literal] ?? []) {
        const { kind, matcher } = this.#rules[rule] as Rule;
        const start = end - matcher.literal.length;
        if (start < (doneTo[rule] ?? 0) || !kinds.has(kind)) continue;
        const candidate = matcher.read(runs, start, end);
        if (candidate === undefined) continue;
        const { confidence, isOpen, heldFrom = candidate.start } = candidate;
        if (isOpen) openFrom = Math.min(openFrom, heldFrom);
        if (confidence === 'none') continue;
        doneTo[rule] = candidate.end;
        const { start: from, end: to } = candidate;
        found.push({ kind, name: matcher.name, confidence, start: from, end: to, rule });
      }
    });
    return {
      findings: withoutInner(found),
      openFrom: Math.min(openFrom, text.length - unfinished),
    };
  }
}

/** Leaves out what lies within another finding of its kind; of two alike, that of the later rule. */
export function withoutInner(
  found: readonly (Finding & { readonly rule: number })[],
): readonly Finding[] {
  const outer: Finding[] = [];
  const ends: Partial<Record<FindingKind, number>> = {};
  const ordered = found.toSorted((a, b) => a.start - b.start || b.end - a.end || a.rule - b.rule);
  for (const { kind, name, confidence, start, end } of ordered) {
    if (end <= (ends[kind] ?? 0)) continue;
    ends[kind] = end;
    outer.push({ kind, name, confidence, start, end });
  }
  return outer;
}
