/**
 * Where the secrets of a call on a node come from: the vault, once the session of the turn has
 * allowed each use under the newest authority. By then the call's start and the hash of its arguments
 * are in the journal, which therefore never hold a value.
 *
 * @module
 */

import type { BlockBindings } from '../../blocks/kit/bindings.ts';
import { keyedHash } from '../../blocks/kit/keys.ts';
import { openSession } from '../../blocks/session/session-client.ts';
import { openVault } from '../../blocks/vault/vault-client.ts';
import type { CheckReason } from '../../core/errors/reasons.ts';
import type { CallSecret } from '../../core/executor-protocol/sealed-secrets.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import { LOWEST_LABEL } from '../../core/policy/labels.ts';
import { parseWorkspaceId, readSessionId } from '../../core/primitives/ids.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { referencesIn } from '../../core/vault/secret-reference.ts';
import { endOfDenied } from '../denied-host-call.ts';

type Env = Pick<BlockBindings, 'SESSIONS' | 'VAULTS' | 'SALLYPORT_MASTER_KEY'>;
type Failure = CheckReason<'dispatch'>;

export interface SecretQuestion {
  readonly claims: TicketClaims;
  readonly node: string;
  readonly config: JsonObject;
}

/** All the secrets that the settings name, or none. */
export type SecretSource = (
  question: SecretQuestion,
) => Promise<Result<readonly CallSecret[], Failure>>;

export function createSecretSource(env: Env): SecretSource {
  return async ({ claims, node, config }) => {
    const secrets: CallSecret[] = [];
    for (const { setting, name } of referencesIn(config)) {
      const secret = await takeSecret(env, name, { claims, node });
      if (!secret.ok) return secret;
      secrets.push({ setting, name, ...secret.value });
    }
    return ok(secrets);
  };
}

async function takeSecret(
  env: Env,
  name: string,
  { claims, node }: Pick<SecretQuestion, 'claims' | 'node'>,
): Promise<Result<Pick<CallSecret, 'value' | 'hosts'>, Failure>> {
  const workspace = parseWorkspaceId(claims.workspace);
  const ids = keyedHash(env.SALLYPORT_MASTER_KEY, 'session-ids');
  const session = workspace && readSessionId(workspace, claims.session, ids);
  if (workspace === undefined || session === undefined) return err('host_denied');
  const leave = await openSession(env, workspace, session).authorizeHostCall({
    claims,
    capability: `system:secret:use:${name}`,
    outward: false,
    privateAddress: false,
    read: LOWEST_LABEL,
  });
  if (!leave.ok) return err(endOfDenied(leave.error));
  const lent = await openVault(env, workspace).lend({ name, node, claims });
  return lent.ok ? lent : err('host_denied');
}
