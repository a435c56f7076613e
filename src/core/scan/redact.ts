/**
 * Takes findings out of a text and says, in their place, that they were taken out.
 *
 * @module
 */

import { type Finding, toFindingName } from './finding.ts';
import type { Span } from './text-copy.ts';

/** What stands in the place of a finding. Never what was found, nor how long it was. */
export function redactionOf(finding: Pick<Finding, 'kind' | 'name'>): string {
  return `[removed by the gateway: ${toFindingName(finding)}]`;
}

/**
 * The text without the findings. Where some overlap, their whole extent goes, under the name of
 * the one that begins first. An empty finding takes out nothing and is passed over.
 */
export function redact(text: string, findings: readonly Finding[]): string {
  const gaps = findings.map((finding) => ({ ...finding, inPlace: redactionOf(finding) }));
  return withGaps(text, gaps);
}

/** A part of a text that is not to be seen. */
export interface Gap extends Span {
  readonly inPlace: string;
}

/** As {@link redact}: what stands in the place of overlapping gaps is that of the one that begins first. */
export function withGaps(text: string, gaps: readonly Gap[]): string {
  const ordered = gaps
    .filter(({ start, end }) => start < end)
    .toSorted((a, b) => a.start - b.start || b.end - a.end);

  const parts: string[] = [];
  let done = 0;
  for (const { start, end, inPlace } of ordered) {
    if (start >= done) parts.push(text.slice(done, start), inPlace);
    done = Math.max(done, end);
  }
  parts.push(text.slice(done));
  return parts.join('');
}
