/**
 * The way to all members of a group.
 *
 * @module
 */

import type { BlockId, WorkspaceId } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { askDirectory } from './directory-client.ts';

/** Members that are asked for at once. */
const PAGE = 1_000;

/** Members that are told at the same time. */
const PARALLEL = 200;

export interface Told {
  readonly members: number;
  /** For how many of them `tell` said yes. */
  readonly told: number;
}

/** Calls `tell` once for each member, in no order. Rejects as soon as it does. */
export async function tellMembers(
  env: Pick<BlockBindings, 'DIRECTORIES'>,
  { workspace, group }: { readonly workspace: WorkspaceId; readonly group: string },
  tell: (member: BlockId) => Promise<boolean>,
): Promise<Told> {
  const counts = { members: 0, told: 0 };
  for (let after = ''; ; ) {
    const page = await askDirectory(env, workspace, (directory) =>
      directory.members(group, after, PAGE),
    );
    counts.members += page.length;
    counts.told += await tellAll(page, tell);
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return counts;
    after = last;
  }
}

/** As soon as one is told, the next is begun. */
async function tellAll(
  members: readonly BlockId[],
  tell: (member: BlockId) => Promise<boolean>,
): Promise<number> {
  let next = 0;
  let told = 0;
  const tellNext = async (): Promise<void> => {
    for (let member = members[next++]; member !== undefined; member = members[next++]) {
      if (await tell(member)) told += 1;
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, members.length) }, tellNext));
  return told;
}
