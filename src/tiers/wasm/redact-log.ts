/**
 * Makes the log of a run safe to keep and to show: a stranger wrote it, and may have copied into it
 * what he was given.
 *
 * @module
 */

import type { KnownValues } from '../../core/scan/known-values.ts';
import { type Gap, redactionOf, withGaps } from '../../core/scan/redact.ts';
import { type ScanOptions, scanText } from '../../core/scan/scan-text.ts';
import { CUT_MARK } from './isolate/cut-mark.ts';
import type { LogLine } from './isolate/run-log.ts';

/**
 * What a terminal would obey, or a reader would not see: controls, and marks of direction. Line breaks
 * stay: what is logged may be a stack.
 */
const UNSEEN = /[^\P{Cc}\n]|[\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

/**
 * Most places where lines may have been cut: a line of a script for each 2,048 characters, and the last. More
 * marks were written by the plugin itself.
 */
const MAX_CUTS = 16;

/**
 * Secrets are looked for in the whole, since some reach over several lines: before it is kept, the values that
 * its call has sent, which may be others soon; and as it is read, all that the workspace has for its own then.
 */
export function redactLog(lines: readonly LogLine[], known?: KnownValues): readonly LogLine[] {
  const gaps = findGaps(lines.map(({ text }) => text).join('\n'), known);
  let start = 0;
  return lines.map(({ level, text }) => {
    const end = start + text.length;
    const here = gaps
      .filter((gap) => gap.start < end && gap.end > start)
      .map((gap) => ({
        ...gap,
        start: Math.max(0, gap.start - start),
        end: Math.min(text.length, gap.end - start),
      }));
    start = end + 1;
    const shown = withGaps(text, here).replace(UNSEEN, (unit) => (unit === '\t' ? ' ' : '\uFFFD'));
    return { level, text: shown.trimEnd() };
  });
}

/** What is a secret, what could not be looked through for one, and what may be the beginning of one. */
function findGaps(whole: string, known: KnownValues | undefined): readonly Gap[] {
  const options: ScanOptions = { kinds: ['secret', 'known'], ...(known && { known }) };
  const { findings, uninspected, uninspectedFrom = 0 } = scanText(whole, options);
  const unseen = { start: uninspectedFrom, end: whole.length };
  return [
    ...findings.map((finding) => ({ ...finding, inPlace: redactionOf(finding) })),
    ...(uninspected === undefined
      ? []
      : [{ ...unseen, inPlace: `[removed by the gateway: uninspected:${uninspected}]` }]),
    ...cutsIn(whole).map((end) => {
      const { openFrom } = scanText(whole.slice(0, end), options);
      return { start: openFrom, end, inPlace: '' };
    }),
  ];
}

function cutsIn(whole: string): readonly number[] {
  const cuts: number[] = [];
  for (let end = whole.length; cuts.length < MAX_CUTS; ) {
    const at = end <= 0 ? -1 : whole.lastIndexOf(CUT_MARK, end - 1);
    if (at < 0) break;
    cuts.push(at);
    end = at;
  }
  return cuts;
}
