/**
 * Reads the part of ECMAScript's regular expressions that a schema may use.
 *
 * Left out, because a backtracking engine cannot bound them or because a state machine cannot
 * express them: lookaround, back-references, inline flags. The text must already be known to be
 * valid for `new RegExp(text, 'u')`; what is not understood here is refused.
 *
 * @module
 */

import { ANY, type CharacterSet, CLASSES, complement, type Run, toSet } from './character-set.ts';

/** A pattern as a tree. `^`, `$` and `\b` are `anchor`s: they hold no character. */
export type PatternNode =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'anchor'; readonly isStart: boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | {
      readonly kind: 'repeat';
      readonly body: PatternNode;
      readonly min: number;
      readonly max: number;
    };

/** Groups within groups. */
const MAX_GROUP_DEPTH = 16;

const QUANTIFIER = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/;
const GROUP_START = /^\((?:\?:|\?<[A-Za-z_$][\w$]*>|(?!\?))/;
const ANCHOR = /^(?:\^|\$|\\[bB])/;
const CLASS_ESCAPE = /^\\(?:([dDwWsS])|([pP])\{[^}]*\})/;
const CHARACTER_ESCAPE =
  /^\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|c([A-Za-z])|([tnvfr0])|([\^$\\.*+?()[\]{}|/-]))/;
const NAMED_CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };

/** The tree of a pattern, or nothing if it uses what is left out. */
export function readPattern(pattern: string): PatternNode | undefined {
  const reader = new PatternReader(pattern);
  const tree = reader.readChoice(0);
  return reader.isAtEnd() ? tree : undefined;
}

class PatternReader {
  #rest: string;

  constructor(pattern: string) {
    this.#rest = pattern;
  }

  isAtEnd(): boolean {
    return this.#rest === '';
  }

  readChoice(depth: number): PatternNode | undefined {
    const options: PatternNode[] = [];
    do {
      const option = this.#readSequence(depth);
      if (option === undefined) return undefined;
      options.push(option);
    } while (this.#take('|'));
    return options.length === 1 ? options[0] : { kind: 'choice', options };
  }

  #readSequence(depth: number): PatternNode | undefined {
    const parts: PatternNode[] = [];
    while (this.#rest !== '' && !/^[|)]/.test(this.#rest)) {
      const atom = this.#readAtom(depth);
      if (atom === undefined) return undefined;
      parts.push(this.#readQuantifier(atom));
    }
    return { kind: 'sequence', parts };
  }

  #readQuantifier(body: PatternNode): PatternNode {
    const match = this.#match(QUANTIFIER);
    if (match === undefined) return body;
    const [, sign, least, comma, most] = match;
    if (sign !== undefined) {
      return { kind: 'repeat', body, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity };
    }
    const min = Number(least);
    const max = comma === undefined ? min : most === '' ? Infinity : Number(most);
    return { kind: 'repeat', body, min, max };
  }

  #readAtom(depth: number): PatternNode | undefined {
    const anchor = this.#match(ANCHOR);
    if (anchor !== undefined) return { kind: 'anchor', isStart: anchor[0] === '^' };
    if (this.#match(GROUP_START) !== undefined) {
      const group = depth < MAX_GROUP_DEPTH ? this.readChoice(depth + 1) : undefined;
      return this.#take(')') ? group : undefined;
    }
    const set = this.#take('[') ? this.#readClass() : this.#readCharacter('.');
    return set === undefined ? undefined : { kind: 'set', set };
  }

  #readClass(): CharacterSet | undefined {
    const isNegated = this.#take('^');
    const runs: Run[] = [];
    while (!this.#take(']')) {
      const first = this.#readCharacter();
      if (first === undefined) return undefined;
      const isRange = /^-[^\]]/.test(this.#rest) && this.#take('-');
      const last = isRange ? this.#readCharacter() : first;
      if (last === undefined) return undefined;
      if (isRange) runs.push([first[0]?.[0] ?? 0, last[0]?.[0] ?? 0]);
      else runs.push(...first);
    }
    const set = toSet(runs);
    // A set that is wider than what it stands for must not be complemented.
    if (isNegated) return set.length === 1 && set[0]?.[1] === ANY[0]?.[1] ? ANY : complement(set);
    return set;
  }

  /** One character or class escape; `wildcard` is the sign that stands for a class here. */
  #readCharacter(wildcard?: string): CharacterSet | undefined {
    const classEscape = this.#match(CLASS_ESCAPE);
    if (classEscape !== undefined) return CLASSES[classEscape[1] ?? classEscape[2] ?? ''];
    if (this.#rest.startsWith('\\')) return this.#readCharacterEscape();
    const point = this.#rest.codePointAt(0);
    if (point === undefined || (wildcard !== undefined && /^[*+?{}\])]/.test(this.#rest))) {
      return undefined;
    }
    const character = String.fromCodePoint(point);
    this.#rest = this.#rest.slice(character.length);
    return character === wildcard ? CLASSES[character] : [[point, point]];
  }

  #readCharacterEscape(): CharacterSet | undefined {
    const match = this.#match(CHARACTER_ESCAPE);
    if (match === undefined) return undefined; // a back-reference, or unknown
    const [, braced, unit, byte, control, named, sign] = match;
    // Two escaped surrogates are one character to the engine; as two sets they are wider.
    const hex = braced ?? unit ?? byte;
    let point = sign?.codePointAt(0) ?? 0;
    if (hex !== undefined) point = Number.parseInt(hex, 16);
    if (control !== undefined) point = control.charCodeAt(0) % 32;
    if (named !== undefined) point = NAMED_CONTROLS[named] ?? 0;
    return unit !== undefined && point >= 0xd800 && point <= 0xdfff ? ANY : [[point, point]];
  }

  #match(expression: RegExp): RegExpExecArray | undefined {
    const match = expression.exec(this.#rest) ?? undefined;
    if (match !== undefined) this.#rest = this.#rest.slice(match[0].length);
    return match;
  }

  #take(sign: string): boolean {
    const isThere = this.#rest.startsWith(sign);
    if (isThere) this.#rest = this.#rest.slice(sign.length);
    return isThere;
  }
}
