/**
 * From ids in a request to blocks of the caller's workspace, fresh ids for new ones, and what a block
 * refused as a problem.
 *
 * @module
 */

import { randomHex } from '../blocks/kit/keys.ts';
import type {
  BlockAct,
  BlockActAnswer,
  BlockActor,
  BlockRefusal,
} from '../blocks/user/block-api.ts';
import { type BlockClient, openBlock } from '../blocks/user/block-client.ts';
import { deny } from '../core/errors/denial.ts';
import { type BlockId, issueBlockId, readBlockId } from '../core/primitives/ids.ts';
import type { Result } from '../core/primitives/result.ts';
import { holds } from './admit.ts';
import { deploymentHash } from './deployment-keys.ts';
import { Refusal } from './refusal.ts';
import type { RouteRequest } from './route.ts';

/** Names the block that a request acts as. Its owner alone may. */
export const ACTING_HEADER = 'Sallyport-Block';

const CHANCE_BYTES = 16;

type BlockRequest = Pick<
  RouteRequest<unknown, unknown>,
  'env' | 'caller' | 'params' | 'raw' | 'requestId'
>;

export const noBlock = (): Refusal => new Refusal('noproc', { detail: 'There is no such block' });

/** The id if it was issued in the caller's workspace. Any other reaches no object. */
export function blockIdOf({ env, caller }: BlockRequest, text: string | undefined): BlockId {
  const { workspace } = caller.principal;
  const id = readBlockId(workspace, text ?? '', blockKey(env.SALLYPORT_MASTER_KEY));
  if (id === undefined) throw noBlock();
  return id;
}

/** The block that the path names. */
export function blockOf(request: BlockRequest): BlockClient {
  return blockWithId(request, blockIdOf(request, request.params.id));
}

export function blockWithId({ env, caller }: BlockRequest, id: BlockId): BlockClient {
  return openBlock(env, caller.principal.workspace, id);
}

/** The block that the request acts as, if it names one. */
export function actingBlockOf(request: BlockRequest): BlockId | undefined {
  const text = request.raw.headers.get(ACTING_HEADER);
  return text === null ? undefined : blockIdOf(request, text);
}

export function newBlockId({ env, caller }: BlockRequest): BlockId {
  const key = blockKey(env.SALLYPORT_MASTER_KEY);
  return issueBlockId(caller.principal.workspace, randomHex(CHANCE_BYTES), key);
}

export function blockActorOf({ caller, requestId }: BlockRequest): BlockActor {
  const ownsAll = holds(caller, 'block:own', Date.now());
  return { principal: caller.principal, requestId, ownsAll };
}

/** Does something as a block; what it may not do ends it. */
export async function actAs(
  request: BlockRequest,
  id: BlockId,
  act: BlockAct,
): Promise<BlockActAnswer> {
  const actor = blockActorOf(request);
  return unwrap(await blockWithId(request, id).once((block) => block.act(actor, act)));
}

/** The value, or the refusal as a problem. */
export function unwrap<T>(result: Result<T, BlockRefusal>): T {
  if (result.ok) return result.value;
  const { code, detail, capability, ...more } = result.error;
  if (code !== 'denied') throw new Refusal(code, { detail, ...more });
  const denial = deny('capability', 'block_capability_missing', {
    ...(capability !== undefined && { family: capability }),
  });
  throw new Refusal('denied', { detail, denial });
}

function blockKey(masterKey: string): (text: string) => string {
  return deploymentHash(masterKey, 'block-ids');
}
