/**
 * Which families of the catalogue a pattern speaks of.
 *
 * A pattern that speaks of none is a mistake of its author. In a grant it does nothing; in a deny
 * list it silently fails to protect, so both are refused when they are admitted.
 *
 * @module
 */

import { type CapabilityFamily, FAMILIES } from './catalogue.ts';
import { type CapabilityPattern, covers, parsePattern } from './pattern.ts';
import { couldBeResource } from './resource.ts';

/**
 * The families of which the pattern can match something: the bare name or a resource.
 *
 * @example
 * ```ts
 * familiesReachedBy('tool:file:*');                  // tool:file:read, tool:file:write
 * familiesReachedBy('tool:network:http:Host.Example:80'); // none: hosts are lower-case
 * ```
 */
export function familiesReachedBy(pattern: CapabilityPattern): readonly CapabilityFamily[] {
  return FAMILIES.filter((family) => reachesFamily(pattern, family));
}

/** Whether the pattern can match something of one family. */
export function reachesFamily(pattern: CapabilityPattern, family: CapabilityFamily): boolean {
  const segments = pattern.split(':');
  const [first = ''] = segments;
  // Most families begin with another word.
  if (!first.includes('*') && !family.name.startsWith(first)) return false;
  return covers(pattern, family.capability) || reachesResource(segments, family);
}

/** Compares the pattern's first segments with the name and the others with the resource. */
function reachesResource(segments: readonly string[], family: CapabilityFamily): boolean {
  if (family.resource === 'none') return false;
  const words = family.name.split(':');
  const nameLength = Math.min(words.length, segments.length);
  const isName = prefixCovers(segments.slice(0, nameLength), words.slice(0, nameLength));
  if (!isName) return false;

  const rest = segments.slice(nameLength).join(':');
  if (rest === '') return segments.at(-1) === '*';
  return couldBeResource(family.resource.kind, rest);
}

function prefixCovers(globs: readonly string[], words: readonly string[]): boolean {
  const wider = parsePattern(globs.join(':'));
  const narrower = parsePattern(words.join(':'));
  return wider.ok && narrower.ok && covers(wider.value, narrower.value);
}
