/**
 * Handles: what a model is shown in place of a value that it is not to read. It may pass one on, as a
 * whole argument, and the gateway puts the value in its place.
 *
 * A handle holds nothing. It is a name that only the turn which made it can look up, and that nobody
 * can guess: outside of that turn, and within a longer text, it stands for nothing at all.
 *
 * @module
 */

import type { Label } from '../policy/labels.ts';
import type { JsonValue } from '../primitives/json.ts';

/** What a handle stands for. A `type`, so that it is a `JsonObject`: it is journaled with its result. */
export type HiddenValue = {
  readonly value: JsonValue;
  /** Of the value, wherever it is passed on to. */
  readonly label: Label;
  /** Its tool vouches for it: it may go where a vouched field may. */
  readonly isVouched?: true;
};

/** What the handles of one result, or of one turn, stand for. */
export type HiddenValues = { readonly [handle: string]: HiddenValue };

/** Hexadecimal digits of a handle's name: 128 bits. */
const HANDLE_DIGITS = 32;

const PREFIX = 'sallyport:handle:';
const WHOLE = /^sallyport:handle:[0-9a-f]{32}$/;

/** What looks like a part of one, however it is written, so that none is passed on by mistake. */
const TRACE = /sallyport:handle:/i;

const EVERY = /sallyport:handle:[0-9a-f]{32}/g;

/** `name` is at least {@link HANDLE_DIGITS} lower-case hexadecimal digits, which nobody can guess. */
export function toHandle(name: string): string {
  return PREFIX + name.slice(0, HANDLE_DIGITS);
}

export function isHandle(text: string): boolean {
  return WHOLE.test(text);
}

export function mentionsHandle(text: string): boolean {
  return TRACE.test(text);
}

/** Equal for texts that differ in the names of their handles alone. */
export function withoutNames(text: string): string {
  return text.replace(EVERY, PREFIX);
}

/** Each once, in the order of the text. */
export function listHandles(text: string): readonly string[] {
  return [...new Set(text.match(EVERY) ?? [])];
}
