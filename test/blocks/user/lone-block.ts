/**
 * A real block whose neighbours are all one stand-in, so that a test decides who can be reached, and when.
 *
 * @module
 */

import { env, runInDurableObject } from 'cloudflare:test';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import { randomHex } from '../../../src/blocks/kit/keys.ts';
import type {
  AcceptedStream,
  BirthOrder,
  BlockActor,
  BlockApi,
  Teller,
} from '../../../src/blocks/user/block-api.ts';
import type { LeftMessage } from '../../../src/blocks/user/checkpoint-api.ts';
import { UserBlock } from '../../../src/blocks/user/user-block.ts';
import { DEFAULT_BLOCK_LIMITS } from '../../../src/core/blocks/block-limits.ts';
import type { NumberedSignal } from '../../../src/core/blocks/block-signal.ts';
import type { Principal } from '../../../src/core/policy/principal.ts';
import type { BlockId, WorkspaceId } from '../../../src/core/primitives/ids.ts';

const owner: Principal = {
  kind: 'user',
  id: 'owner',
  workspace: 'default' as WorkspaceId,
  tokenId: 'tok_1',
};

export const OWNER: BlockActor = { principal: owner, requestId: 'req_2', ownsAll: false };

const ORDER: BirthOrder = {
  blockId: 'blk_mortal' as BlockId,
  behavior: { kind: 'mailbox' },
  grants: [],
  limits: DEFAULT_BLOCK_LIMITS,
  budget: {},
  creator: owner,
  ancestors: [],
  requestId: 'req_1',
};

/** The neighbours' end: it can be out of reach, or gone, and ask something while it is being told. */
export class Neighbour {
  readonly log: string[] = [];
  /** What is asked of it as of a dead life. */
  readonly left: LeftMessage[] = [];
  /** Whom it was told to be. */
  readonly births: BlockId[] = [];
  isReachable = true;
  isGone = false;
  whileTold: () => Promise<void> = async () => {};

  async accept(_teller: Teller, signals: readonly NumberedSignal[]): Promise<AcceptedStream> {
    if (!this.isReachable) throw new Error('out of reach');
    await this.whileTold();
    for (const { signal } of signals) {
      this.log.push(signal.kind);
      if (signal.kind === 'birth') this.births.push((signal.order as BirthOrder).blockId);
    }
    if (this.isGone) return { kind: 'noproc' };
    return { kind: 'accepted', upTo: signals.at(-1)?.seq ?? 0, answers: {} };
  }

  async leftMessages(after: number): Promise<readonly LeftMessage[]> {
    if (!this.isReachable) throw new Error('out of reach');
    return this.left.filter(({ seq }) => seq > after);
  }
}

/** Born as asked, and nothing is left of it afterwards. */
export async function inLoneBlock(
  asked: Partial<BirthOrder>,
  use: (block: UserBlock, neighbour: Neighbour) => Promise<void>,
): Promise<void> {
  const { BLOCKS } = env as unknown as { BLOCKS: DurableObjectNamespace };
  const stub = BLOCKS.getByName(`default/lone-${randomHex(8)}`);
  await runInDurableObject(stub, async (_, state) => {
    const neighbour = new Neighbour();
    const bindings: BlockBindings = {
      ...(env as unknown as BlockBindings),
      BLOCKS: { getByName: () => neighbour as unknown as BlockApi },
    };
    const block = new UserBlock(state, bindings);
    const born = await block.spawn({ ...ORDER, ...asked });
    if (!born.ok) throw new Error(born.error.code);
    await use(block, neighbour);
    await state.storage.deleteAll();
  });
}
