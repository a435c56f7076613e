/**
 * Takes findings out of a text and says, in their place, that they were taken out.
 *
 * @module
 */

import type { Finding } from './find-secrets.ts';

/** What stands in the place of a finding. Never what was found, nor how long it was. */
export function redactionOf(name: string): string {
  return `[removed by the gateway: ${name}]`;
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
  for (const { name, start, end } of ordered) {
    if (start >= done) parts.push(text.slice(done, start), redactionOf(name));
    done = Math.max(done, end);
  }
  parts.push(text.slice(done));
  return parts.join('');
}
