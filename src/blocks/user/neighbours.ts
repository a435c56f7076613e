/**
 * Whom a block talks to: other blocks, its workspace, and the audit chain. Everything here may be sent
 * twice.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import { askDirectory } from '../directory/directory-client.ts';
import { blockObjectName, workspaceObjectName } from '../kit/address.ts';
import { appendToChain } from '../kit/append-to-chain.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { LeasedAuthority } from '../workspace/lease-api.ts';
import type { WorkspaceApi } from '../workspace/workspace-api.ts';
import type { BlockApi } from './block-api.ts';
import type { BlockParts } from './block-parts.ts';
import type { Tell } from './courier.ts';
import { DIRECTORY } from './end-block.ts';
import type { BlockFacts } from './facts-store.ts';

/** Reaches another block of the same workspace. */
export type AskNeighbour = <T>(id: BlockId, call: (block: BlockApi) => Promise<T>) => Promise<T>;

export function createNeighbour(
  env: BlockBindings,
  parts: Pick<BlockParts, 'facts'>,
): AskNeighbour {
  return (id, call) => {
    const order = parts.facts.read()?.order;
    if (order === undefined) throw new Fault('noproc');
    const name = blockObjectName(order.creator.workspace, id);
    return callAgainAfterReset((): BlockApi => env.BLOCKS.getByName(name), call);
  };
}

export function createTell(
  env: BlockBindings,
  neighbour: AskNeighbour,
  parts: Pick<BlockParts, 'facts'>,
): Tell {
  return async (peer, signals) => {
    const facts = parts.facts.read();
    if (facts === undefined) return { kind: 'noproc' };
    const { order, exit } = facts;
    if (peer === DIRECTORY) {
      return askDirectory(env, order.creator.workspace, (directory) =>
        directory.accept(order.blockId, signals),
      );
    }
    const teller = { from: order.blockId, isDead: exit !== undefined };
    return neighbour(peer as BlockId, (block) => block.accept(teller, signals));
  };
}

/** What a principal may do now, for this block to go by. */
export function leaseAuthority(
  env: BlockBindings,
  block: BlockId,
  principal: Principal,
): Promise<LeasedAuthority> {
  return callAgainAfterReset(
    (): WorkspaceApi => env.WORKSPACES.getByName(workspaceObjectName(principal.workspace)),
    (workspace) => workspace.leaseAuthority(principal, block),
  );
}

/** Resolves once no turn of the workspace goes by what a block held before. */
export async function announceNarrowing(
  env: BlockBindings,
  parts: Pick<BlockParts, 'facts'>,
): Promise<void> {
  const order = parts.facts.read()?.order;
  if (order === undefined) return;
  await callAgainAfterReset(
    (): WorkspaceApi => env.WORKSPACES.getByName(workspaceObjectName(order.creator.workspace)),
    (workspace) => workspace.blockNarrowed(),
  );
}

export function appendAudit(
  env: BlockBindings,
  { order }: BlockFacts,
  batch: { readonly firstSeq: number; readonly events: readonly AuditEvent[] },
): Promise<number> {
  const append = appendToChain(env, order.creator.workspace, `block:${order.blockId}`);
  return append(batch.firstSeq, batch.events);
}
