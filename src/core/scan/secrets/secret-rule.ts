/**
 * How the tables of secret rules are written. Each row is data: a name, literals to look for, and the
 * shape (`shape.ts`) of what makes them a credential.
 *
 * @module
 */

/** What a candidate must also pass; see `candidate-checks.ts`. */
export type CandidateCheck = 'github' | 'openai' | 'anthropic' | 'google' | 'aws';

export interface RuleDemands {
  /** Least Shannon entropy of what follows the literal, in bits a character. */
  readonly entropy?: number;
  readonly check?: CandidateCheck;
  /** Neither may an underscore or a dash stand before the literal. */
  readonly isAlone?: true;
}

/**
 * A literal beginning, in its own case and with no letter or digit before it, and the shape of the
 * rest. Prefixes are separated by spaces.
 */
export type PrefixedRow = readonly [
  name: string,
  prefixes: string,
  shape: string,
  demands?: RuleDemands,
];

/**
 * A value of a given shape that is assigned to a name with the vendor's in it (`ADAFRUIT_TOKEN=…`).
 * Vendors and shapes are separated by ` | `.
 */
export type AssignedRow = readonly [name: string, vendors: string, shapes: string];

/** A literal in the middle of a token, and the shapes of what stands before and after it. */
export type InnerRow = readonly [
  name: string,
  literal: string,
  before: string,
  after: string,
  demands?: RuleDemands,
];
