/**
 * Changes of what a block is, by its owner: what it does with messages, and what it may.
 *
 * Each is answered once nobody goes by what was before.
 *
 * @module
 */

import type { Grant } from '../../core/capabilities/grant.ts';
import { err } from '../../core/primitives/result.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { BlockActor, BlockAnswer } from './block-api.ts';
import type { BlockParts } from './block-parts.ts';
import type { CheckpointAnswer, CheckpointAsk } from './checkpoint-api.ts';
import { askCheckpoints } from './checkpoints.ts';
import type { Courier } from './courier.ts';
import { createMigration, type Migrate } from './migrate-state.ts';
import { narrowCapabilities, untilBoundsHeard } from './narrow-capabilities.ts';
import { type AskNeighbour, announceNarrowing } from './neighbours.ts';
import type { Processor } from './processor.ts';
import { refusal } from './refusals.ts';
import type { BlockUpgrade, Narrowed, Upgraded } from './upgrade-api.ts';
import { upgradeBlock } from './upgrade-block.ts';

/** Longest that an upgrade waits for the message that is being processed, in milliseconds. */
const UPGRADE_WAIT_MS = 30_000;

const BUSY = refusal(
  'deadline_exceeded',
  'The block is still processing a message: nothing was changed',
);

interface ChangeParts {
  readonly parts: BlockParts;
  readonly courier: Courier;
  readonly neighbour: AskNeighbour;
  readonly processor: Processor;
}

export class OutsideChanges {
  readonly #env: BlockBindings;
  readonly #block: ChangeParts;
  readonly #migrate: Migrate;

  constructor(env: BlockBindings, block: ChangeParts) {
    this.#env = env;
    this.#block = block;
    this.#migrate = createMigration(env);
  }

  async upgrade(actor: BlockActor, upgrade: BlockUpgrade): Promise<BlockAnswer<Upgraded>> {
    const { parts, processor } = this.#block;
    const task = () => upgradeBlock(parts, { actor, upgrade, migrate: this.#migrate });
    return (await processor.between(task, UPGRADE_WAIT_MS)) ?? err(BUSY);
  }

  /** One that takes messages away is answered once nothing goes on of what they had begun. */
  async checkpoints(actor: BlockActor, ask: CheckpointAsk): Promise<BlockAnswer<CheckpointAnswer>> {
    const { parts, processor } = this.#block;
    const task = () => askCheckpoints(parts, actor, ask);
    if (ask.kind !== 'restore') return task();
    return (await processor.replace(task, UPGRADE_WAIT_MS)) ?? err(BUSY);
  }

  async narrow(actor: BlockActor, grants: readonly Grant[]): Promise<BlockAnswer<Narrowed>> {
    const { parts } = this.#block;
    const narrowed = narrowCapabilities(parts, actor, grants);
    parts.flush();
    if (!narrowed.ok) return narrowed;
    await this.boundsHeard();
    await announceNarrowing(this.#env, parts);
    return narrowed;
  }

  async boundsHeard(): Promise<void> {
    const { parts, courier, neighbour } = this.#block;
    await untilBoundsHeard(parts, courier, neighbour);
  }
}
