/**
 * Bounds on a value before anything else is done with it, and proof that it is JSON.
 *
 * Whatever walks a value afterwards may recurse and may trust that its keys name nothing of the
 * language's own objects.
 *
 * @module
 */

import { utf8Length } from '../../primitives/utf8-length.ts';

export interface ValueLimits {
  /** Bytes of all texts and keys in UTF-8 and of all else as JSON, without escapes and spaces. */
  readonly maxBytes: number;
  /** Values of any kind, the outermost one included. */
  readonly maxNodes: number;
  /** Lists and objects around any value. */
  readonly maxDepth: number;
}

/** What must hold, for each reason that a value can be refused for; a closed list. */
export const VALUE_MUST = {
  not_json: 'it must be JSON',
  too_large: 'it must be smaller',
  too_many_values: 'it must hold fewer values',
  too_deep: 'it must be nested less deeply',
  key_too_long: 'its keys must be shorter',
  reserved_key: 'its keys must not be "__proto__", "constructor" or "prototype"',
} as const;

export type ValueProblem = keyof typeof VALUE_MUST;

/** Longest key, in UTF-16 units. */
export const MAX_KEY_LENGTH = 256;

/** Keys that reach an object's prototype in careless code. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set([
  ...['__proto__', 'constructor', 'prototype'],
]);

/** Why a value exceeds its bounds, if it does. */
export function findValueProblem(value: unknown, limits: ValueLimits): ValueProblem | undefined {
  return new Measure(limits).examine(value, 0);
}

class Measure {
  readonly #limits: ValueLimits;
  #bytes = 0;
  #nodes = 0;

  constructor(limits: ValueLimits) {
    this.#limits = limits;
  }

  examine(value: unknown, depth: number): ValueProblem | undefined {
    this.#nodes += 1;
    if (this.#nodes > this.#limits.maxNodes) return 'too_many_values';
    if (typeof value === 'string') return this.#examineText(value);
    if (typeof value === 'object' && value !== null) return this.#examineParts(value, depth);
    const isScalar = value === null || typeof value === 'boolean' || Number.isFinite(value);
    return isScalar ? this.#add(String(value).length) : 'not_json';
  }

  #examineParts(value: object, depth: number): ValueProblem | undefined {
    if (depth === this.#limits.maxDepth) return 'too_deep';
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        const problem = this.#add(1) ?? this.examine(value[index], depth + 1);
        if (problem !== undefined) return problem;
      }
      return this.#add(2);
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype) return 'not_json';
    for (const [key, member] of Object.entries(value)) {
      const problem = this.#examineKey(key) ?? this.examine(member, depth + 1);
      if (problem !== undefined) return problem;
    }
    return this.#add(2);
  }

  #examineKey(key: string): ValueProblem | undefined {
    if (RESERVED_KEYS.has(key)) return 'reserved_key';
    return key.length > MAX_KEY_LENGTH ? 'key_too_long' : (this.#add(2) ?? this.#examineText(key));
  }

  #examineText(text: string): ValueProblem | undefined {
    if (!text.isWellFormed()) return 'not_json';
    return this.#add(2 + utf8Length(text, this.#limits.maxBytes));
  }

  #add(bytes: number): ValueProblem | undefined {
    this.#bytes += bytes;
    return this.#bytes > this.#limits.maxBytes ? 'too_large' : undefined;
  }
}
