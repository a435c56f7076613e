/**
 * Reads what platforms write: JSON objects of which only a few members matter, the rest being theirs
 * to change.
 *
 * @module
 */

import type * as z from 'zod';
import { parseJson } from '../core/primitives/parse-json.ts';

const LIMITS = { maxBytes: 1_048_576, maxDepth: 64 };

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** `undefined` for whatever is not JSON, or is not what the schema says. */
export function readBody<T>(body: Uint8Array | string, schema: z.ZodType<T>): T | undefined {
  const text = typeof body === 'string' ? body : decode(body);
  if (text === undefined) return undefined;
  const parsed = parseJson(text, LIMITS);
  if (!parsed.ok) return undefined;
  const read = schema.safeParse(parsed.value);
  return read.success ? read.data : undefined;
}

function decode(body: Uint8Array): string | undefined {
  try {
    return UTF8.decode(body);
  } catch {
    return undefined;
  }
}
