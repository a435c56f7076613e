/**
 * Reads the files below a held folder.
 *
 * @module
 */

import { type TreeBuilder, TreeRefusal } from './file-tree.ts';
import type { HeldFolder } from './held-folder.ts';

/** What is done with an entry that is neither a file nor a folder, or a file with two names. */
export type OnOther = 'leave-out' | 'refuse';

/** Adds all files and folders below `folder`, under `prefix`, which is empty or ends in `/`. */
export function readTree(
  folder: HeldFolder,
  builder: TreeBuilder,
  { prefix = '', onOther }: { readonly prefix?: string; readonly onOther: OnOther },
): void {
  for (const name of folder.names()) {
    const path = prefix + name;
    const stats = folder.statsOf(name);
    if (stats?.isDirectory()) {
      builder.add({ path, isExecutable: false });
      readBelow(folder, name, (below) => readTree(below, builder, { prefix: `${path}/`, onOther }));
    } else if (stats?.isFile() && (stats.nlink === 1 || onOther === 'leave-out')) {
      readFile(folder, name, { path, builder });
    } else if (onOther === 'refuse') {
      throw new TreeRefusal('kind_refused');
    }
  }
}

/** Adds one file, if it is there. */
export function readFile(
  folder: HeldFolder,
  name: string,
  { path, builder }: { readonly path: string; readonly builder: TreeBuilder },
): void {
  const stats = folder.statsOf(name);
  if (!stats?.isFile()) return;
  builder.expect(path, stats.size);
  const bytes = folder.readFile(name, builder.room);
  if (bytes === undefined) throw new TreeRefusal('too_many_bytes'); // it has just changed
  builder.add({ path, bytes, isExecutable: (stats.mode & 0o100) !== 0 });
}

function readBelow(folder: HeldFolder, name: string, read: (below: HeldFolder) => void): void {
  const below = folder.openFolder(name);
  try {
    read(below);
  } finally {
    below.close();
  }
}
