/**
 * The blocks that somebody has spawned, and those that these have spawned in turn, from the record:
 * whoever asks what he did has to ask about them as well.
 *
 * @module
 */

import type { WorkspaceId } from '../core/primitives/ids.ts';
import type { GatewayBindings } from './bindings.ts';
import { readRecord } from './read-record.ts';

/** Blocks of one answer. Each is looked up in the record. */
const MAX_BLOCKS = 200;

export interface ActingBlocks {
  /** `block:<id>`, parents before their children. */
  readonly blocks: readonly string[];
  /** Whether there may be more. */
  readonly isCut: boolean;
}

/** Whenever they were spawned: an old one may have acted lately. */
export async function findBlocksOf(
  env: GatewayBindings,
  workspace: WorkspaceId,
  principal: string,
): Promise<ActingBlocks> {
  const blocks = new Set<string>();
  const waiting = [principal];
  let isCut = false;
  for (let actor = waiting.shift(); actor !== undefined; actor = waiting.shift()) {
    const part = { workspace, actor, action: 'block-spawned', after: 0 } as const;
    const next = await readRecord(env, part, ({ resource }) => {
      const name = `block:${resource}`;
      if (resource === undefined || blocks.has(name)) return;
      if (blocks.size >= MAX_BLOCKS) {
        isCut = true;
        return;
      }
      blocks.add(name);
      waiting.push(name);
    });
    if (next !== undefined) isCut = true;
  }
  return { blocks: [...blocks], isCut };
}
