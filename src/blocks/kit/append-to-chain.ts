/**
 * The way from a block's outbox to the audit chain of its workspace.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from './address.ts';
import type { BlockBindings } from './bindings.ts';
import { callAgainAfterReset } from './call.ts';
import type { Append } from './outbox.ts';

/** `source`: the name under which the outbox stands in the chain. Sending twice is harmless. */
export function appendToChain(
  env: Pick<BlockBindings, 'AUDITS'>,
  workspace: WorkspaceId,
  source: string,
): Append {
  const connect = () => env.AUDITS.getByName(workspaceObjectName(workspace));
  return (firstSeq, events) =>
    callAgainAfterReset(connect, (audit) => audit.append(source, firstSeq, events));
}
