/**
 * How many runs an automaton can have on one text: what a backtracking engine may have to try.
 *
 * With Weber and Seidl (1991), "On the degree of ambiguity of finite automata": two different runs
 * from a state back to itself on the same text make their number exponential; a chain of `d` pairs
 * of loops that can be swapped on the same text makes it a polynomial of degree `d`; otherwise it is
 * bounded by a number that does not depend on the text.
 *
 * @module
 */

import { intersects } from './character-set.ts';
import type { PositionAutomaton } from './position-automaton.ts';
import { findComponents } from './strong-components.ts';

export interface Ambiguity {
  readonly hasLoops: boolean;
  /** Degree of the polynomial in the length of the text. */
  readonly degree: number;
  /** Upper bound of the factor before it. */
  readonly factor: number;
}

/** Steps of the search; a pattern that needs more is taken for ambiguous. */
const MAX_STEPS = 100_000;

/** Thrown within this module only, to leave the search. */
class TooAmbiguous extends Error {}

/** The ambiguity of an automaton, or nothing if it is exponential or takes too long to find out. */
export function measureAmbiguity(automaton: PositionAutomaton): Ambiguity | undefined {
  try {
    return new AmbiguitySearch(automaton).measure();
  } catch (thrown) {
    if (thrown instanceof TooAmbiguous) return undefined;
    throw thrown;
  }
}

class AmbiguitySearch {
  readonly #automaton: PositionAutomaton;
  readonly #size: number;
  /** For each state, the number of its strong component. Edges lead to lower or equal numbers. */
  readonly #component: readonly number[];
  readonly #looping: readonly number[];
  #steps = 0;

  constructor(automaton: PositionAutomaton) {
    this.#automaton = automaton;
    this.#size = automaton.sets.length;
    const states = [...automaton.sets.keys()];
    const componentOf = findComponents(states, (state) => automaton.follow[state] ?? []);
    this.#component = states.map((state) => componentOf.get(state) ?? 0);
    this.#looping = states.filter((state) => this.#isLooping(state));
  }

  measure(): Ambiguity {
    this.#refuseSecondRunsToItself();
    const swaps = this.#findSwaps();
    const weights = this.#weighComponents();
    return {
      hasLoops: this.#looping.length > 0,
      degree: this.#longestChain(swaps),
      factor: this.#heaviestPath(weights) * this.#automaton.emptyWays,
    };
  }

  #isLooping(state: number): boolean {
    const component = this.#component[state];
    for (const next of this.#follow(state)) if (this.#component[next] === component) return true;
    return false;
  }

  /** In the square of the automaton, no pair of different states shares a loop with a twin pair. */
  #refuseSecondRunsToItself(): void {
    const twins = this.#looping.map((state) => state * this.#size + state);
    const componentOf = findComponents(twins, (pair) => this.#nextPairs(pair));
    const withTwins = new Set(twins.map((pair) => componentOf.get(pair)));
    for (const [pair, component] of componentOf) {
      const isTwin = Math.floor(pair / this.#size) === pair % this.#size;
      if (!isTwin && withTwins.has(component)) throw new TooAmbiguous();
    }
  }

  #nextPairs(pair: number): number[] {
    const pairs: number[] = [];
    for (const left of this.#follow(Math.floor(pair / this.#size))) {
      for (const right of this.#follow(pair % this.#size)) {
        if (this.#share(left, right)) pairs.push(left * this.#size + right);
      }
    }
    return pairs;
  }

  /** Pairs of components `[from, to]` such that a text loops in both and leads across. */
  #findSwaps(): [number, number][] {
    const swaps: [number, number][] = [];
    for (const p of this.#looping) {
      for (const q of this.#looping) {
        if (this.#componentOf(p) > this.#componentOf(q) && this.#canSwap(p, q)) {
          swaps.push([this.#componentOf(p), this.#componentOf(q)]);
        }
      }
    }
    return swaps;
  }

  /** Whether some text leads from p to p, from p to q and from q to q: (p,p,q) to (p,q,q). */
  #canSwap(p: number, q: number): boolean {
    const seen = new Set<number>();
    const open = [[p, p, q] as const];
    for (let triple = open.pop(); triple !== undefined; triple = open.pop()) {
      for (const next of this.#nextTriples(triple)) {
        const [a, b, c] = next;
        if (a === p && b === q && c === q) return true;
        const key = (a * this.#size + b) * this.#size + c;
        if (!seen.has(key)) open.push(next);
        seen.add(key);
      }
    }
    return false;
  }

  /** The outer two stay where they loop; the middle one crosses over. */
  #nextTriples(triple: readonly [number, number, number]): (readonly [number, number, number])[] {
    const [a, b, c] = triple;
    const triples: (readonly [number, number, number])[] = [];
    for (const x of this.#within(a)) {
      for (const z of this.#within(c)) {
        if (!this.#share(x, z)) continue;
        for (const y of this.#follow(b)) {
          // Three sets that meet in pairs may not meet in one character: the wider answer is taken.
          if (this.#share(x, y) && this.#share(y, z)) triples.push([x, y, z]);
        }
      }
    }
    return triples;
  }

  #longestChain(swaps: readonly (readonly [number, number])[]): number {
    const length = new Map<number, number>();
    const ascending = [...swaps].sort((a, b) => a[0] - b[0]);
    for (const [from, to] of ascending) {
      length.set(from, Math.max(length.get(from) ?? 0, 1 + (length.get(to) ?? 0)));
    }
    return Math.max(0, ...length.values());
  }

  /** For each component, among how many ways on with a common character a run has to choose. */
  #weighComponents(): Map<number, number> {
    const weights = new Map<number, number>();
    for (let state = 0; state < this.#size; state++) {
      const component = this.#componentOf(state);
      weights.set(component, Math.max(weights.get(component) ?? 1, this.#widestOverlap(state)));
    }
    return weights;
  }

  #widestOverlap(state: number): number {
    const next = [...this.#follow(state)];
    return Math.max(1, ...next.map((a) => next.filter((b) => this.#share(a, b)).length));
  }

  #heaviestPath(weights: ReadonlyMap<number, number>): number {
    const heaviest = new Map<number, number>();
    const order = [...this.#automaton.sets.keys()];
    order.sort((a, b) => this.#componentOf(a) - this.#componentOf(b));
    for (const state of order) {
      const component = this.#componentOf(state);
      const own = weights.get(component) ?? 1;
      for (const next of this.#follow(state)) {
        const target = this.#componentOf(next);
        const onward = target === component ? 1 : (heaviest.get(target) ?? 1);
        heaviest.set(component, Math.max(heaviest.get(component) ?? own, own * onward));
      }
      if (!heaviest.has(component)) heaviest.set(component, own);
    }
    return heaviest.get(this.#componentOf(0)) ?? 1;
  }

  #componentOf(state: number): number {
    return this.#component[state] ?? 0;
  }

  #follow(state: number): Iterable<number> {
    return this.#automaton.follow[state] ?? [];
  }

  #within(state: number): number[] {
    const component = this.#componentOf(state);
    return [...this.#follow(state)].filter((next) => this.#componentOf(next) === component);
  }

  #share(a: number, b: number): boolean {
    if (++this.#steps > MAX_STEPS) throw new TooAmbiguous();
    return intersects(this.#automaton.sets[a] ?? [], this.#automaton.sets[b] ?? []);
  }
}
