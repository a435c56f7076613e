/**
 * How a sealed value stands in a column of text, so that it is never taken for a plain one.
 *
 * It begins with U+0001 and a letter for its form; then, in base64, the id of its key and what was
 * sealed. Plain text that begins with U+0001 by itself gets a mark of its own.
 *
 * @module
 */

import { Buffer } from 'node:buffer';

const MARK = '\u0001';

const KEY_ID_BYTES = 8;

const LETTERS = { text: 't', bytes: 'b', plain: 'p' } as const;

/** What was sealed. */
export type Form = 'text' | 'bytes';

export interface SealedParts {
  /** 16 hex digits. */
  readonly keyId: string;
  readonly sealed: Uint8Array;
}

export type Marked =
  | ({ readonly form: Form } & SealedParts)
  | { readonly form: 'plain'; readonly text: string };

export function isMarked(stored: string): boolean {
  return stored.startsWith(MARK);
}

export function writeMark(form: 'plain', text: string): string;
export function writeMark(form: Form, parts: SealedParts): string;
export function writeMark(form: keyof typeof LETTERS, value: string | SealedParts): string {
  const start = MARK + LETTERS[form];
  if (typeof value === 'string') return start + value;
  return start + Buffer.concat([Buffer.from(value.keyId, 'hex'), value.sealed]).toString('base64');
}

/** `undefined` for text without a mark, also of before there were any. */
export function readMark(stored: string): Marked | undefined {
  if (!isMarked(stored)) return undefined;
  const rest = stored.slice(2);
  if (stored[1] === LETTERS.plain) return { form: 'plain', text: rest };
  const form = stored[1] === LETTERS.bytes ? 'bytes' : 'text';
  const bytes = Buffer.from(rest, 'base64');
  return {
    form,
    keyId: bytes.subarray(0, KEY_ID_BYTES).toString('hex'),
    sealed: new Uint8Array(bytes.subarray(KEY_ID_BYTES)),
  };
}
