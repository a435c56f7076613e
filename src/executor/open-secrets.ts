/**
 * The secrets that one call is given: those that its settings name, as the gateway has sealed them,
 * if its plugin says how it takes them and everybody who is asked allows their use.
 *
 * @module
 */

import { permits } from '../core/capabilities/capability-set.ts';
import { parseCapability } from '../core/capabilities/pattern.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { referencesIn } from '../core/vault/secret-reference.ts';
import type { GivenSecret } from './given-secret.ts';
import type { Failure, Job } from './job.ts';
import type { SealingKey } from './sealing-key.ts';

/** What can stand in a header as it is. */
const HEADER_VALUE =
  /^[\x21-\x7e\u0080-\u00ff](?:[\t\x20-\x7e\u0080-\u00ff]*[\x21-\x7e\u0080-\u00ff])?$/;

/** Nothing is opened for a call that may not have it. */
export async function openSecrets(
  job: Job,
  sealed: string | undefined,
  key: Pick<SealingKey, 'open'>,
): Promise<Result<readonly GivenSecret[], Failure>> {
  const wanted = referencesIn(job.config ?? {});
  if (wanted.length === 0) return sealed === undefined ? ok([]) : err('ticket_refused');
  if (!wanted.every(({ name }) => mayUse(name, job))) return err('node_policy_denied');
  const { secrets: deliveries = {} } = job.plugin.runs;
  if (sealed === undefined || !wanted.every(({ setting }) => Object.hasOwn(deliveries, setting))) {
    return err('tier_unavailable');
  }
  const opened = await key.open(sealed, job.ticket.hash);
  if (opened === undefined || opened.length !== wanted.length) return err('ticket_refused');
  const given: GivenSecret[] = [];
  for (const { setting, name } of wanted) {
    const secret = opened.find((one) => one.setting === setting && one.name === name);
    const delivery = deliveries[setting];
    if (secret === undefined || delivery === undefined) return err('ticket_refused');
    if (delivery.as === 'header' && !HEADER_VALUE.test(secret.value)) return err('host_denied');
    given.push({ ...secret, delivery });
  }
  return ok(given);
}

function mayUse(name: string, { rules }: Job): boolean {
  const capability = parseCapability(`system:secret:use:${name}`);
  return capability.ok && permits(rules, capability.value);
}
