/**
 * Takes the secrets of a call out of all that it writes, in every encoding that the scanner sees
 * through, before any of it is hashed, signed, stored or sent.
 *
 * @module
 */

import { compileKnownValues } from '../core/scan/known-values.ts';
import { scanText } from '../core/scan/scan-text.ts';
import type { GivenSecret } from './given-secret.ts';
import type { JobEnd } from './job.ts';

/** As long as the shortest secret, so that no text grows by it. */
const HIDDEN = '[secret]';

export interface Redactor {
  /** The answer and the log of a call without them. What cannot be looked through is not passed on. */
  readonly end: (ended: JobEnd) => JobEnd;
  /** A line of progress. */
  readonly line: (text: string) => string;
}

const NOTHING_TO_HIDE: Redactor = { end: (ended) => ended, line: (text) => text };

export function createRedactor(secrets: readonly GivenSecret[]): Redactor {
  if (secrets.length === 0) return NOTHING_TO_HIDE;
  const known = compileKnownValues(secrets);
  /** Nothing for a text that could not be looked through. */
  const hide = (text: string, isCut = false): string | undefined => {
    const { findings, uninspected, openFrom } = scanText(text, { kinds: ['known'], known });
    if (uninspected !== undefined) return undefined;
    let hidden = '';
    let done = 0;
    for (const { start, end } of findings) {
      if (start >= done) hidden += text.slice(done, start) + HIDDEN;
      done = Math.max(done, end);
    }
    // What was cut off may have been the rest of a secret.
    const until = isCut ? Math.max(done, openFrom) : text.length;
    return hidden + text.slice(done, until);
  };
  return {
    line: (text) => hide(text) ?? '',
    end: (ended) => {
      const log = ended.log === undefined ? {} : { log: hide(ended.log, true) ?? '' };
      if (ended.output === undefined) return { ...ended, ...log };
      const output = hide(ended.output, ended.truncated);
      if (output !== undefined) return { ...ended, ...log, output };
      const { output: _, ...rest } = ended;
      return { ...rest, ...log, outcome: 'plugin_error' };
    },
  };
}
