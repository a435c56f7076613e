/**
 * Credentials alone, for whoever asks nothing else of a text.
 *
 * @module
 */

import { namesOf } from './apply-policy.ts';
import type { Finding } from './finding.ts';
import type { KnownValues } from './known-values.ts';
import { scanText } from './scan-text.ts';

/** All credentials in a text, in the order of their beginnings. */
export function findSecrets(text: string): readonly Finding[] {
  return scanText(text, { kinds: ['secret'] }).findings;
}

/** Whether a text holds a credential or one of these, or could not be looked through for one. */
export function holdsSecret(text: string, known?: KnownValues): boolean {
  return nameSecrets(text, known).length > 0;
}

/** What it holds of them, for the record: `secret:rule`, `known:name`, `uninspected:why`, each once. */
export function nameSecrets(text: string, known?: KnownValues): readonly string[] {
  const kinds = ['secret', 'known'] as const;
  return namesOf(scanText(text, { kinds, ...(known && { known }) }));
}
