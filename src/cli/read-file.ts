/**
 * Files that the command line names: whole, bounded, and only if they are files.
 *
 * @module
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { JsonValue } from '../core/primitives/json.ts';
import { parseJson } from '../core/primitives/parse-json.ts';
import { CommandFailure } from './command-failure.ts';

const MAX_DEPTH = 48;

/**
 * Reads a file of at most `maxBytes`. A device or a pipe is refused: it may never end. It is
 * looked at once it is open, so that it cannot be swapped in between.
 *
 * @throws CommandFailure with the reason, for the one who named the file.
 */
export function readBytes(path: string, maxBytes: number): Uint8Array {
  const file = open(path);
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) throw cannotRead(path, 'it must be a file');
    if (facts.size > maxBytes) throw cannotRead(path, `it must have at most ${maxBytes} bytes`);
    return new Uint8Array(readFileSync(file));
  } finally {
    closeSync(file);
  }
}

/** Text in UTF-8, and in nothing else. */
export function readText(path: string, maxBytes: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readBytes(path, maxBytes));
  } catch (error) {
    throw error instanceof TypeError ? cannotRead(path, 'it must be UTF-8') : error;
  }
}

/** JSON that every reader understands alike: no duplicate keys, no depth without end. */
export function readJson(path: string, maxBytes: number): JsonValue {
  return toJson(path, readText(path, maxBytes));
}

/** The same, of text that came from the file. */
export function toJson(path: string, text: string): JsonValue {
  const parsed = parseJson(text, { maxBytes: Number.POSITIVE_INFINITY, maxDepth: MAX_DEPTH });
  if (parsed.ok) return parsed.value;
  throw cannotRead(path, parsed.error.message.replace('Cannot read JSON: ', ''));
}

/** Does not wait for the other end of a pipe. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw cannotRead(path, reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'it may not be read';
  return String(code ?? 'it cannot be opened');
}

function cannotRead(path: string, reason: string): CommandFailure {
  return CommandFailure.usage(`Cannot read "${path}": ${reason}`);
}
