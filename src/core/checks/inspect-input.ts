/**
 * Looks at the messages of a turn before it is admitted: what a user, a block or a channel wrote, and
 * what a client says that models and tools have written.
 *
 * System messages are the operator's own words, and are not looked at.
 *
 * @module
 */

import type { Message } from '../conversation/message.ts';
import { type Denial, deny } from '../errors/denial.ts';
import type { StagePolicy } from '../policy/scan-policy.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { applyPolicy, kindsOf } from '../scan/apply-policy.ts';
import { redact } from '../scan/redact.ts';
import { scanText } from '../scan/scan-text.ts';

export interface InspectedInput {
  /** As they were given, but for what the policy takes out. */
  readonly messages: readonly Message[];
  /** Names of what was found, each once, in the order of the alphabet. */
  readonly findings: readonly string[];
}

export function inspectInput(
  given: readonly Message[],
  policy: StagePolicy,
): Result<InspectedInput, Denial> {
  const options = { kinds: kindsOf(policy) };
  const messages: Message[] = [];
  const names = new Set<string>();
  for (const message of given) {
    const { role, content } = message;
    if (role === 'system') {
      messages.push(message);
      continue;
    }
    const applied = applyPolicy(scanText(content, options), policy);
    if (!applied.ok) {
      const { reason, names: findings } = applied.error;
      return err(deny('input', reason, { findings }));
    }
    const { removed } = applied.value;
    for (const name of applied.value.names) names.add(name);
    messages.push(
      removed.length === 0 ? message : { ...message, content: redact(content, removed) },
    );
  }
  return ok({ messages, findings: [...names].sort() });
}
