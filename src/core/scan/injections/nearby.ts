/**
 * Phrases of other languages: three stems that stand close to each other, in any order, since languages
 * put a verb first, last, or in pieces.
 *
 * @module
 */

import { type Matcher, openFrom } from '../matcher.ts';
import { foldText } from '../shadow.ts';

/** `verbs`, `orders` and `which`, separated by ` / `; words within each by a space, `_` for a space. */
export type NearbyRow = readonly [language: string, stems: string];

/** How far from the verb the other two may stand, in code units. */
const REACH = 64;

/** One matcher for each verb: its place is found by the pass for all literals. */
export function matchNearby([, stems]: NearbyRow): readonly Matcher[] {
  const [verbs = [], orders = [], which = []] = stems.split(' / ').map(readStems);
  return verbs.map((literal) => ({
    name: 'override-instructions',
    literal,
    read(runs, start, end) {
      const { text } = runs;
      const from = Math.max(0, start - REACH);
      const window = text.slice(from, end + REACH).toLowerCase();
      const order = findAny(window, orders);
      const qualifier = order && findAny(window, which);
      if (order === undefined || qualifier === undefined) {
        return text.length < end + REACH ? openFrom(start, runs) : undefined;
      }
      return {
        start: Math.min(start, from + order.start, from + qualifier.start),
        end: Math.max(end, from + order.end, from + qualifier.end),
        confidence: 'high',
        isOpen: false,
      };
    },
  }));
}

/** As they look in a shadow, from small letters and from capitals: some capitals fold otherwise. */
function readStems(written: string): readonly string[] {
  const words = written.split(' ').map((word) => word.replaceAll('_', ' '));
  const folded = words.flatMap((word) => [word, word.toUpperCase()]).map(foldText);
  return [...new Set(folded.map((word) => word.toLowerCase()))];
}

function findAny(
  window: string,
  stems: readonly string[],
): { start: number; end: number } | undefined {
  for (const stem of stems) {
    const start = window.indexOf(stem);
    if (start !== -1) return { start, end: start + stem.length };
  }
  return undefined;
}
