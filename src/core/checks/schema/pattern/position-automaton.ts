/**
 * The position automaton (Glushkov) of a pattern: one state for each character that the pattern
 * names, and an edge wherever one may follow another.
 *
 * Its runs are those of a backtracking engine, with two liberties that can only add runs: anchors
 * are ignored, and a repetition between two bounds, or one that is too large to be written out,
 * counts as one without upper bound.
 *
 * @module
 */

import type { CharacterSet } from './character-set.ts';
import type { PatternNode } from './pattern-syntax.ts';

export interface PositionAutomaton {
  /** What each state reads. State 0 is the start and reads nothing. */
  readonly sets: readonly CharacterSet[];
  /** For each state, those that may follow it. */
  readonly follow: readonly ReadonlySet<number>[];
  /** In how many ways the parts that may be empty can be so, which no edge shows. */
  readonly emptyWays: number;
}

/** Most states. Exact repetitions are written out as long as they fit: `[0-9a-f]{64}` has 64. */
const MAX_STATES = 512;

/** What a part of the pattern may begin and end with. */
interface Fragment {
  readonly isNullable: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

const EMPTY: Fragment = { isNullable: true, first: [], last: [] };

/** Thrown within this module only, to leave the recursion. */
class NotBuildable extends Error {}

/**
 * The automaton of a pattern, or nothing if it repeats what may be empty, what may be empty in two
 * ways within it, as `((a*|b*)c)+` does, or what may itself be repeated in the same place, as `(a+)+`
 * does.
 */
export function buildAutomaton(pattern: PatternNode): PositionAutomaton | undefined {
  const builder = new AutomatonBuilder();
  try {
    return builder.build(pattern);
  } catch (thrown) {
    if (thrown instanceof NotBuildable) return undefined;
    throw thrown;
  }
}

class AutomatonBuilder {
  readonly #sets: CharacterSet[] = [[]];
  readonly #follow: Set<number>[] = [new Set()];
  #emptyWays = 1;

  build(pattern: PatternNode): PositionAutomaton {
    const whole = this.#add(pattern);
    this.#connect([0], whole.first);
    return { sets: this.#sets, follow: this.#follow, emptyWays: this.#emptyWays };
  }

  #add(node: PatternNode): Fragment {
    switch (node.kind) {
      case 'anchor':
        return EMPTY;
      case 'set':
        return this.#addState(node.set);
      case 'sequence':
        return node.parts.reduce<Fragment>((so, part) => this.#append(so, this.#add(part)), EMPTY);
      case 'choice':
        return this.#addChoice(node.options);
      case 'repeat':
        return this.#addRepeat(node.body, node.min, node.max);
    }
  }

  #addState(set: CharacterSet): Fragment {
    const state = this.#sets.length;
    if (state > MAX_STATES) throw new NotBuildable();
    this.#sets.push(set);
    this.#follow.push(new Set());
    return { isNullable: false, first: [state], last: [state] };
  }

  #append(left: Fragment, right: Fragment): Fragment {
    this.#connect(left.last, right.first);
    return {
      isNullable: left.isNullable && right.isNullable,
      first: left.isNullable ? [...left.first, ...right.first] : left.first,
      last: right.isNullable ? [...left.last, ...right.last] : right.last,
    };
  }

  #addChoice(nodes: readonly PatternNode[]): Fragment {
    const options = nodes.map((option) => this.#add(option));
    const nullable = options.filter(({ isNullable }) => isNullable);
    this.#emptyWays *= Math.max(1, nullable.length);
    return {
      isNullable: nullable.length > 0,
      first: options.flatMap(({ first }) => first),
      last: options.flatMap(({ last }) => last),
    };
  }

  #addRepeat(body: PatternNode, min: number, max: number): Fragment {
    if (max === 0) return EMPTY;
    if (min === max) return this.#addCopies(body, min);
    const waysOutside = this.#emptyWays;
    const once = this.#add(body);
    if (max > 1) this.#closeLoop(once, waysOutside);
    else if (once.isNullable) this.#emptyWays *= 2; // left out, or there and empty
    return min === 0 ? { ...once, isNullable: true } : once;
  }

  #addCopies(body: PatternNode, count: number): Fragment {
    const before = this.#sets.length;
    const waysOutside = this.#emptyWays;
    let copies = this.#add(body);
    if (count > 1 && copies.isNullable) throw new NotBuildable();
    const statesOfAll = (this.#sets.length - before) * count;
    if (before + statesOfAll > MAX_STATES) {
      this.#closeLoop(copies, waysOutside);
      return copies;
    }
    for (let made = 1; made < count; made++) copies = this.#append(copies, this.#add(body));
    return copies;
  }

  /** An edge that is there already gives two runs for each round: exponentially many. */
  #closeLoop(body: Fragment, waysOutside: number): void {
    if (body.isNullable || this.#emptyWays > waysOutside) throw new NotBuildable();
    for (const from of body.last) {
      for (const to of body.first) {
        if (this.#follow[from]?.has(to)) throw new NotBuildable();
      }
    }
    this.#connect(body.last, body.first);
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    for (const state of from) {
      for (const next of to) this.#follow[state]?.add(next);
    }
  }
}
