/**
 * `--fix`: puts back to the default what a policy has switched to something milder. Only what takes away,
 * and what stops no call that the default lets pass.
 *
 * @module
 */

import type { JsonValue } from '../../core/primitives/json.ts';
import { strengthen, type Weakening } from '../../core/security-audit/weakened.ts';
import { CommandFailure } from '../command-failure.ts';
import { ask, describeRefusal, type GatewayAddress } from '../gateway/gateway-client.ts';
import type { AuditedDeployment } from './read-deployment.ts';

/** What was changed. @throws CommandFailure if the gateway does not take it. */
export async function applyFixes(
  gateway: GatewayAddress,
  { facts, revision }: AuditedDeployment,
): Promise<readonly Weakening[]> {
  if (facts.policy === undefined) return [];
  const { policy, weakenings } = strengthen(facts.policy);
  if (weakenings.length === 0) return [];
  // A policy is JSON by what it is made of.
  const body: JsonValue = JSON.parse(JSON.stringify({ policy, ifRevision: revision }));
  const path = `/v1/workspaces/${encodeURIComponent(facts.workspace)}`;
  const answer = await ask(gateway, `PUT ${path}`, body);
  if (answer.status === 200) return weakenings;
  throw CommandFailure.finding(`Cannot mend the policy: ${describeRefusal(answer)}`);
}
