/**
 * The way to a block; no other file outside `blocks` reaches one.
 *
 * Calls that may happen twice are sent again, once, when the object was reset under them.
 *
 * @module
 */

import type { BlockId, WorkspaceId } from '../../core/primitives/ids.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { blockObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { BlockApi, BlockRefusal } from './block-api.ts';
import { SOCKET_HEADER, type SocketRequest } from './consumer-api.ts';

/** The block need not exist: then only `spawn` makes it, and all else says `noproc`. */
export function openBlock(
  env: Pick<BlockBindings, 'BLOCKS'>,
  workspace: WorkspaceId,
  blockId: BlockId,
): BlockClient {
  const name = blockObjectName(workspace, blockId);
  return new BlockClient(() => env.BLOCKS.getByName(name));
}

export class BlockClient {
  readonly #connect: () => BlockApi;

  constructor(connect: () => BlockApi) {
    this.#connect = connect;
  }

  /** For what does no harm when it happens twice. */
  again<T>(call: (block: BlockApi) => Promise<T>): Promise<T> {
    return callAgainAfterReset(this.#connect, call);
  }

  /** The consumer's end of a WebSocket by which the block sends him its messages. */
  async connect(request: SocketRequest): Promise<Result<WebSocket, BlockRefusal>> {
    const headers = { Upgrade: 'websocket', [SOCKET_HEADER]: JSON.stringify(request) };
    const asked = new Request('https://block/connect', { headers });
    const answer = await this.again((block) => block.fetch(asked));
    return answer.webSocket === null ? err(await answer.json()) : ok(answer.webSocket);
  }

  /** For what must not happen twice: a lost answer is the caller's to deal with. */
  once<T>(call: (block: BlockApi) => Promise<T>): Promise<T> {
    return call(this.#connect());
  }
}
