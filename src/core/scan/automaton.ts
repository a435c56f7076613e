/**
 * Looks for any number of literals in one pass over a text (Aho and Corasick, 1975).
 *
 * A code unit costs one look-up, however many literals there are. Letters match in either case; whoever is
 * told of a hit compares case itself.
 *
 * @module
 */

import { isOf } from './alphabets.ts';

/** Told of each literal that ends at `end`, by its number. */
export type OnHit = (literal: number, end: number) => void;

const CODE_UNITS = 65_536;

/** A transition that nobody has needed yet. Like all that is not an ordinary state, it is negative. */
const UNKNOWN = -2_147_483_648;

/**
 * A state is the beginning of a row of next states. One in which a literal ends is written as its
 * complement, so that the search has one question a code unit. Transitions are filled in when they are
 * first taken: most of them never are.
 */
export class Automaton {
  /** The class of each code unit; all that is in no literal is of class 0. */
  readonly #classOf = new Uint16Array(CODE_UNITS);
  #width = 1;
  readonly #next: Int32Array;
  /** By number of state: what ends there, how long its text is, and where to go on when it fails. */
  readonly #ends: (readonly number[] | undefined)[] = [];
  readonly #depth: number[] = [0];
  readonly #fallback: number[] = [0];

  /**
   * No literal is empty. With `between`, literals are of letters and digits of ASCII, and may have any
   * other characters between them: whoever is told of a hit asks how many.
   */
  constructor(literals: readonly string[], between: 'nothing' | 'separators' = 'nothing') {
    for (const literal of literals) this.#addClasses(literal);
    const separators = between === 'separators' ? this.#addSeparators() : undefined;
    const units = literals.reduce((sum, { length }) => sum + length, 1);
    this.#next = new Int32Array(units * this.#width).fill(UNKNOWN);
    const edges = literals.flatMap((literal, number) => this.#addLiteral(literal, number));
    this.#link(edges.toSorted((a, b) => a.depth - b.depth));
    if (separators !== undefined) this.#stayAt(separators);
  }

  /**
   * Reports every hit, in the order of their ends. Answers how many of the last code units, without
   * separators, could be the beginning of a literal.
   */
  search(text: string, onHit: OnHit): number {
    const classOf = this.#classOf;
    const next = this.#next;
    let state = 0;
    for (let at = 0; at < text.length; at++) {
      const unit = classOf[text.charCodeAt(at)] as number;
      let to = next[state + unit] as number;
      if (to < 0) {
        if (to === UNKNOWN) to = this.#step(state, unit);
        if (to < 0) {
          to = ~to;
          for (const literal of this.#ends[to / this.#width] ?? []) onHit(literal, at + 1);
        }
      }
      state = to;
    }
    return this.#depth[state / this.#width] ?? 0;
  }

  #addClasses(literal: string): void {
    for (const unit of literal.split('')) {
      if (this.#classOf[unit.charCodeAt(0)] !== 0) continue;
      for (const variant of [unit, unit.toLowerCase(), unit.toUpperCase()]) {
        if (variant.length === 1) this.#classOf[variant.charCodeAt(0)] = this.#width;
      }
      this.#width++;
    }
  }

  /** Answers the class of all that is no letter or digit. */
  #addSeparators(): number {
    for (let unit = 0; unit < CODE_UNITS; unit++) {
      if (!isOf('word', unit)) this.#classOf[unit] = this.#width;
    }
    return this.#width++;
  }

  /** A code unit of this class leaves each state as it is, and ends nothing. */
  #stayAt(unit: number): void {
    for (let state = 0; state < this.#next.length; state += this.#width) {
      this.#next[state + unit] = state;
    }
  }

  /** Answers the edges that were not there before. */
  #addLiteral(literal: string, number: number): Edge[] {
    const edges: Edge[] = [];
    let state = 0;
    for (let at = 0; at < literal.length; at++) {
      const unit = this.#classOf[literal.charCodeAt(at)] ?? 0;
      const known = this.#next[state + unit] ?? UNKNOWN;
      const to = known === UNKNOWN ? this.#depth.push(at + 1) * this.#width - this.#width : known;
      this.#next[state + unit] = to;
      if (known === UNKNOWN) edges.push({ state, unit, to, depth: at + 1 });
      state = to;
    }
    const place = state / this.#width;
    this.#ends[place] = [...(this.#ends[place] ?? []), number];
    return edges;
  }

  /** Goes through the edges by depth, so that wherever one falls back to is done already. */
  #link(edges: readonly Edge[]): void {
    const width = this.#width;
    for (const { state, unit, to } of edges) {
      const back = this.#fallback[state / width] ?? 0;
      const reached = state === 0 ? 0 : this.#step(back, unit);
      const fallback = reached < 0 ? ~reached : reached;
      this.#fallback[to / width] = fallback;
      const inherited = this.#ends[fallback / width];
      if (inherited) this.#ends[to / width] = [...(this.#ends[to / width] ?? []), ...inherited];
      if (this.#ends[to / width]) this.#next[state + unit] = ~to;
    }
  }

  /** The transition of a state, worked out if nobody has needed it before. */
  #step(state: number, unit: number): number {
    let from = state;
    let to = this.#next[from + unit] ?? 0;
    while (to === UNKNOWN && from !== 0) {
      from = this.#fallback[from / this.#width] ?? 0;
      to = this.#next[from + unit] ?? 0;
    }
    if (to === UNKNOWN) to = 0;
    this.#next[state + unit] = to;
    return to;
  }
}

interface Edge {
  readonly state: number;
  readonly unit: number;
  readonly to: number;
  readonly depth: number;
}
