/**
 * The way from a block's outbox to the audit chain of its workspace, or of the deployment.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { DEPLOYMENT_AUDIT, workspaceObjectName } from './address.ts';
import type { BlockBindings } from './bindings.ts';
import { callAgainAfterReset } from './call.ts';
import type { Append } from './outbox.ts';

/** `source`: the name under which the outbox stands in the chain. Sending twice is harmless. */
export function appendToChain(
  env: Pick<BlockBindings, 'AUDITS'>,
  chain: WorkspaceId | typeof DEPLOYMENT_AUDIT,
  source: string,
): Append {
  const name = chain === DEPLOYMENT_AUDIT ? chain : workspaceObjectName(chain);
  const connect = () => env.AUDITS.getByName(name);
  return (firstSeq, events) =>
    callAgainAfterReset(connect, (audit) => audit.append(source, firstSeq, events));
}
