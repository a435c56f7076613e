/**
 * Versions as Semantic Versioning 2.0.0 defines them, and nothing looser: no `v`, no leading zeros,
 * no missing parts.
 *
 * @module
 */

/** Longest accepted version, in characters. */
export const MAX_VERSION_LENGTH = 128;

const NUMBER = '(?:0|[1-9][0-9]{0,14})';
const LABEL = '(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)';
const BUILD = '[0-9A-Za-z-]+';

/** Each part is followed by a character that it cannot hold, so nothing is tried twice. */
const VERSION = new RegExp(
  `^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${LABEL}(?:\\.${LABEL})*))?(?:\\+${BUILD}(?:\\.${BUILD})*)?$`,
);

export function isVersion(text: string): boolean {
  return text.length <= MAX_VERSION_LENGTH && VERSION.test(text);
}

/**
 * Negative if `a` comes before `b`, positive if after, 0 if neither: versions that differ only in
 * build metadata have the same precedence (SemVer §10, §11).
 *
 * @throws RangeError if either is no version: read it with {@link isVersion} first.
 * @example
 * ```ts
 * compareVersions('1.0.0-rc.2', '1.0.0-rc.10'); // negative
 * compareVersions('1.0.0-rc.1', '1.0.0');       // negative
 * compareVersions('1.0.0+a', '1.0.0+b');        // 0
 * ```
 */
export function compareVersions(a: string, b: string): number {
  const left = read(a);
  const right = read(b);
  for (const [index, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePrereleases(left.labels, right.labels);
}

interface Version {
  readonly numbers: readonly number[];
  readonly labels: readonly string[];
}

function read(text: string): Version {
  const match = text.length <= MAX_VERSION_LENGTH ? VERSION.exec(text) : null;
  if (match === null) throw new RangeError('Cannot compare versions: both must be SemVer 2.0.0');
  return {
    numbers: match.slice(1, 4).map(Number),
    labels: match[4]?.split('.') ?? [],
  };
}

/** A release comes after all of its pre-releases; a longer list after its own beginning. */
function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (const [index, label] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const difference = compareLabels(label, other);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Numbers by value and before texts, texts by their ASCII order. Numbers may be of any length. */
function compareLabels(a: string, b: string): number {
  if (a === b) return 0;
  const aIsNumber = /^[0-9]+$/.test(a);
  const bIsNumber = /^[0-9]+$/.test(b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  if (aIsNumber && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}
