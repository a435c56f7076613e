/**
 * Takes findings out of a text and says, in their place, that they were taken out.
 *
 * @module
 */

import { type Finding, toFindingName } from './finding.ts';

/** What stands in the place of a finding. Never what was found, nor how long it was. */
export function redactionOf(finding: Pick<Finding, 'kind' | 'name'>): string {
  return `[removed by the gateway: ${toFindingName(finding)}]`;
}

/**
 * The text without the findings. Where some overlap, their whole extent goes, under the name of
 * the one that begins first. An empty finding takes out nothing and is passed over.
 */
export function redact(text: string, findings: readonly Finding[]): string {
  const ordered = findings
    .filter(({ start, end }) => start < end)
    .toSorted((a, b) => a.start - b.start || b.end - a.end);

  const parts: string[] = [];
  let done = 0;
  for (const finding of ordered) {
    const { start, end } = finding;
    if (start >= done) parts.push(text.slice(done, start), redactionOf(finding));
    done = Math.max(done, end);
  }
  parts.push(text.slice(done));
  return parts.join('');
}
