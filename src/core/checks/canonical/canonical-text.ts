/**
 * Texts that are neither path, URL nor host.
 *
 * Prose is passed on exactly as written, since it may be the content of a file; what must be
 * compared (a line) is brought into Unicode normal form NFC. Nothing is ever removed: what must
 * not be there is a problem.
 *
 * @module
 */

import { err, ok, type Result } from '../../primitives/result.ts';
import { canonicalisePath } from './canonical-path.ts';
import type { CanonicalReason } from './canonical-problem.ts';
import { findUnsafeInLine, findUnsafeInProse } from './unsafe-characters.ts';

/**
 * Whatever a POSIX shell gives a meaning within a word. A caller who hands an argument
 * vector to the system needs no quoting; who does not, must not get these. A space is allowed: it
 * is part of an argument like any other character.
 */
const SHELL_METACHARACTER = /[;&|<>$`\\"'(){}*?![\]^]|^[~#]/;

/** A program by its bare name: no path, no option, nothing hidden. */
const PROGRAM_NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}$/;

/** A single-line text: visible characters only, in NFC. */
export function canonicaliseLine(text: string): Result<string, CanonicalReason> {
  const line = text.isWellFormed() ? text.normalize('NFC') : text;
  const reason = findUnsafeInLine(line);
  return reason === undefined ? ok(line) : err(reason);
}

/** A text of any number of lines, unchanged. */
export function canonicaliseProse(text: string): Result<string, CanonicalReason> {
  const reason = findUnsafeInProse(text);
  return reason === undefined ? ok(text) : err(reason);
}

/** One element of an argument vector. */
export function canonicaliseArgument(text: string): Result<string, CanonicalReason> {
  const line = canonicaliseLine(text);
  if (!line.ok) return line;
  return SHELL_METACHARACTER.test(line.value) ? err('shell_metacharacter') : line;
}

/** The program to run: a bare name, or an absolute path that holds no metacharacter. */
export function canonicaliseCommand(text: string): Result<string, CanonicalReason> {
  if (PROGRAM_NAME.test(text)) return ok(text);
  const element = canonicaliseArgument(text);
  if (!element.ok) return element;
  if (!element.value.startsWith('/') || /\s/.test(element.value)) return err('command_malformed');
  const path = canonicalisePath(element.value);
  return path.ok && SHELL_METACHARACTER.test(path.value) ? err('shell_metacharacter') : path;
}
