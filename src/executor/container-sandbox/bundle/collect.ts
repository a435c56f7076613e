/**
 * Takes back what a container has written, when nothing of it runs any more.
 *
 * @module
 */

import type { SandboxEnd } from '../../sandbox.ts';
import { TreeBuilder } from '../files/file-tree.ts';
import { readTree } from '../files/read-tree.ts';
import type { GrantedFiles } from '../granted-files.ts';
import type { HeldCopies } from './fill-space.ts';

export interface Collectable {
  readonly files: GrantedFiles;
  readonly copies: readonly HeldCopies[];
}

/**
 * A program that was cut short has nothing copied back: half a result is none. One that left links
 * or devices where files belong, or too much of them, has run into its disk limit.
 */
export function collect(end: SandboxEnd, { files, copies }: Collectable): SandboxEnd {
  try {
    if (end.limit !== undefined || end.signal !== undefined) return end;
    const trees = copies.map(({ folder, held }) => {
      const builder = new TreeBuilder(files.bounds);
      readTree(held, builder, { onOther: 'refuse' });
      return { folder, tree: builder.tree() };
    });
    for (const { folder, tree } of trees) files.writeBack(folder, tree);
    return end;
  } catch {
    return { ...end, exitCode: undefined, limit: 'disk' };
  } finally {
    for (const { held } of copies) held.close();
  }
}
