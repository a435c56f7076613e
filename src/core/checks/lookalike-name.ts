/**
 * Whether a name that nobody registered is made to look like one that somebody did.
 *
 * Either way the tool is unknown. The difference is for the record: a model that writes
 * `read-fiIe` was told to.
 *
 * @module
 */

import type { Authority } from '../policy/authority.ts';
import { foldConfusable } from '../scan/confusables.ts';
import { shadowOf } from '../scan/shadow.ts';

/** Skeletons of all tools of an authority. A cache, not state: made when first asked. */
const SKELETONS = new WeakMap<Authority, ReadonlySet<string>>();

/** Groups of ASCII letters and signs that pass for each other; the first one stands for all. */
const ALIKE: readonly (readonly [pattern: RegExp, stands: string])[] = [
  [/[i1!|]/g, 'l'],
  [/0/g, 'o'],
  [/[5$]/g, 's'],
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/[-_.:/\s]+/g, '-'],
];

/**
 * What is left of a name once all is folded that readers overlook: case, accents, invisible
 * characters, look-alike letters, and which sign separates the words.
 *
 * @example
 * ```ts
 * skeletonOf('Reаd_F1le') === skeletonOf('read-file'); // true: a Cyrillic а, a digit one
 * ```
 */
function skeletonOf(name: string): string {
  let skeleton = Array.from(shadowOf(name).text, foldConfusable).join('').toLowerCase();
  for (const [pattern, stands] of ALIKE) skeleton = skeleton.replace(pattern, stands);
  return skeleton.replace(/^-+|-+$/g, '');
}

/** Whether some registered tool has another name with the same skeleton. */
export function isLookalike(authority: Authority, name: string): boolean {
  let skeletons = SKELETONS.get(authority);
  if (skeletons === undefined) {
    const tools = authority.plugins.flatMap((plugin) => plugin.tools);
    skeletons = new Set(tools.map((tool) => skeletonOf(tool.name)));
    SKELETONS.set(authority, skeletons);
  }
  return skeletons.has(skeletonOf(name));
}
