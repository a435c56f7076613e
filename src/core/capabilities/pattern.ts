/**
 * Capability patterns: the notation in which authority is written down.
 *
 * A *capability* names one thing that may be done, most general word first:
 * `tool:file:read:/data/report.csv`. A *pattern* names a family of them. Only `*` is special:
 *
 * - within a segment it stands for any run of characters, even none, but never a colon;
 * - as a whole inner segment it stands for exactly one segment;
 * - as the whole last segment it stands for one or more remaining segments.
 *
 * A slash is an ordinary character, so `tool:file:read:/*` is every path at any depth. An escape
 * such as `%3A` is one character: no star ends inside it.
 *
 * A capability is simply a pattern without a star. One relation, {@link covers}, therefore
 * answers both "may this call happen?" and "may this grant be handed on?".
 *
 * Patterns can only widen. What must never happen is listed in a deny set (`capability-set.ts`),
 * not expressed as a negative pattern. Text is compared as written: nothing here encodes, folds
 * case or resolves paths, so write resources with `toResource` (`resource.ts`).
 *
 * @module
 */

import { err, ok, type Result } from '../primitives/result.ts';
import { findSegmentProblem, MAX_PATTERN_LENGTH, MAX_SEGMENTS } from './notation.ts';

declare const pattern: unique symbol;
declare const concrete: unique symbol;

/** Well-formed pattern text. Obtain one from {@link parsePattern}, never by casting. */
export type CapabilityPattern = string & { readonly [pattern]: true };

/** A pattern that holds no star: exactly one thing that may be done. */
export type Capability = CapabilityPattern & { readonly [concrete]: true };

/** Why a text is not a pattern, or a value no resource. */
export interface MalformedCapability {
  readonly code: 'malformed_capability';
  readonly message: string;
}

/** Most characters of a refused text that its message repeats. */
const MAX_QUOTED_CHARACTERS = 80;

/**
 * Reads a pattern from a manifest, a policy or a stored grant. The message of a refusal quotes the
 * beginning of the text, in printable ASCII: it is safe to show to the author of that text.
 *
 * @example
 * ```ts
 * parsePattern('tool:file:read:/data/*'); // { ok: true, value: 'tool:file:read:/data/*' }
 * parsePattern('tool::read');             // { ok: false, error: { code: 'malformed_capability', … } }
 * ```
 */
export function parsePattern(text: string): Result<CapabilityPattern, MalformedCapability> {
  const problem = findProblem(text);
  if (problem === undefined) return ok(text as CapabilityPattern);
  return malformed(`Cannot read pattern ${quote(text)}: ${problem}`);
}

/** Those of the texts that are patterns. */
export function patternsAmong(texts: readonly string[]): readonly CapabilityPattern[] {
  return texts.flatMap((text) => {
    const parsed = parsePattern(text);
    return parsed.ok ? [parsed.value] : [];
  });
}

/**
 * Reads the capability that a call asks for: a pattern in which no star is allowed. Its resource
 * may come from a call's arguments, so the message of a refusal never repeats any of it.
 */
export function parseCapability(text: string): Result<Capability, MalformedCapability> {
  const problem = findProblem(text);
  if (problem !== undefined) return malformed(`Cannot read capability: ${problem}`);
  if (!text.includes('*')) return ok(text as Capability);
  return malformed('Cannot read capability: it must name one thing, without "*"');
}

/**
 * Whether every capability that `narrower` stands for is also one of `wider`.
 *
 * Reflexive and transitive, so a chain of attenuated grants never gains authority. A star in
 * `narrower` is compared as a character that no pattern spells out: only a star in `wider` takes
 * it, and would take whatever it stands for. Needs time in proportion to the two lengths.
 *
 * @example
 * ```ts
 * covers('channel:*', 'channel:send:telegram'); // true:  a last star takes all that remains
 * covers('tool:*:read', 'tool:file:read');      // true
 * covers('tool:*:read', 'tool:file:old:read');  // false: an inner star takes one segment
 * covers('tool:file:*', 'tool:*');              // false: that would widen the grant
 * covers('tool:f*', 'tool:file:read');          // false: only a whole last "*" takes the rest
 * ```
 */
export function covers(wider: CapabilityPattern, narrower: CapabilityPattern): boolean {
  if (wider === narrower) return true;
  let wideFrom = 0;
  let narrowFrom = 0;
  for (;;) {
    const wideEnd = wider.indexOf(':', wideFrom);
    const narrowEnd = narrower.indexOf(':', narrowFrom);
    const glob = wideEnd === -1 ? wider.slice(wideFrom) : wider.slice(wideFrom, wideEnd);
    if (glob === '*' && wideEnd === -1) return true;

    const text =
      narrowEnd === -1 ? narrower.slice(narrowFrom) : narrower.slice(narrowFrom, narrowEnd);
    if (!segmentCovers(glob, text)) return false;
    if (wideEnd === -1 || narrowEnd === -1) return wideEnd === narrowEnd;
    wideFrom = wideEnd + 1;
    narrowFrom = narrowEnd + 1;
  }
}

function segmentCovers(glob: string, text: string): boolean {
  if (glob === '*' || glob === text) return true;
  if (!glob.includes('*')) return false;
  return text.includes('%')
    ? globCovers(foldEscapes(glob), foldEscapes(text))
    : globCovers(glob, text);
}

/** Turns each escape into one character, from beyond ASCII so that it equals nothing else. */
function foldEscapes(segment: string): string {
  return segment.replace(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(0x100 + Number.parseInt(hex, 16)),
  );
}

/** Searches left to right, once for each part and never back, so that no input is slow. */
function globCovers(glob: string, text: string): boolean {
  const firstStar = glob.indexOf('*');
  const lastStar = glob.lastIndexOf('*');
  const head = glob.slice(0, firstStar);
  const tail = glob.slice(lastStar + 1);
  const end = text.length - tail.length;
  if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false;

  let from = head.length;
  for (const part of glob.slice(firstStar, lastStar).split('*')) {
    const found = text.indexOf(part, from);
    if (found === -1 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

function findProblem(text: string): string | undefined {
  if (text.length > MAX_PATTERN_LENGTH) {
    return `it must have at most ${MAX_PATTERN_LENGTH} characters`;
  }
  const segments = text.split(':');
  if (segments.length > MAX_SEGMENTS) return `it must have at most ${MAX_SEGMENTS} segments`;
  for (const [index, segment] of segments.entries()) {
    const problem = findSegmentProblem(segment);
    if (problem !== undefined) return `segment ${index + 1} ${problem}`;
  }
  return undefined;
}

function malformed(message: string): Result<never, MalformedCapability> {
  return err({ code: 'malformed_capability', message });
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, MAX_QUOTED_CHARACTERS)).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
