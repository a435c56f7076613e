/**
 * Makes the log of a run safe to keep and to show: a stranger wrote it, and may have copied into it
 * what he was given.
 *
 * @module
 */

import type { KnownValues } from '../../core/scan/known-values.ts';
import { redact } from '../../core/scan/redact.ts';
import { scanText } from '../../core/scan/scan-text.ts';
import type { LogLine } from './isolate/run-log.ts';

/**
 * What a terminal would obey, or a reader would not see: controls, and marks of direction. Line breaks
 * stay: what is logged may be a stack.
 */
const UNSEEN = /[^\P{Cc}\n]|[\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

/**
 * Secrets are looked for in the whole, since some reach over several lines: before it is kept, the values that
 * its call has sent, which may be others soon; and as it is read, all that the workspace has for its own then.
 */
export function redactLog(lines: readonly LogLine[], known?: KnownValues): readonly LogLine[] {
  const whole = lines.map(({ text }) => text).join('\n');
  const { findings } = scanText(whole, { kinds: ['secret', 'known'], ...(known && { known }) });
  let start = 0;
  return lines.map(({ level, text }) => {
    const end = start + text.length;
    const here = findings
      .filter((finding) => finding.start < end && finding.end > start)
      .map((finding) => ({
        ...finding,
        start: Math.max(0, finding.start - start),
        end: Math.min(text.length, finding.end - start),
      }));
    start = end + 1;
    const shown = redact(text, here).replace(UNSEEN, (unit) => (unit === '\t' ? ' ' : '\uFFFD'));
    return { level, text: shown.trimEnd() };
  });
}
