/**
 * Writes files below a held folder. A step that is a link, or no folder, is refused, not replaced.
 *
 * @module
 */

import type { FileCopy, FileTree } from './file-tree.ts';
import type { HeldFolder, Owner } from './held-folder.ts';

/** Without set-user-id and set-group-id, as if the file had been written in its place. */
const PERMISSIONS = 0o777;

/**
 * `owner` of all that is written; absent: whoever owns the folder in which it is written. A file that
 * takes the place of another keeps its rights, and, as far as this process can, its owner; it can
 * become executable, for whoever may read it.
 */
export function writeTree(root: HeldFolder, tree: FileTree, owner?: Owner): void {
  for (const file of tree) writeOne(root, file, owner);
}

/** Makes the folders of `path` that are missing, and does something in the last one. */
export function inFolder<T>(
  root: HeldFolder,
  path: readonly string[],
  { owner, work }: { readonly owner?: Owner | undefined; readonly work: (folder: HeldFolder) => T },
): T {
  const [step, ...rest] = path;
  if (step === undefined) return work(root);
  const heir = owner ?? root.stats();
  const folder =
    root.statsOf(step) === undefined ? root.makeFolder(step, 0o755, heir) : root.openFolder(step);
  try {
    return inFolder(folder, rest, { owner, work });
  } finally {
    folder.close();
  }
}

function writeOne(root: HeldFolder, { path, bytes, isExecutable }: FileCopy, owner?: Owner): void {
  const steps = path.split('/');
  const name = steps.at(-1) ?? '';
  if (bytes === undefined) {
    inFolder(root, steps, { owner, work: () => undefined });
    return;
  }
  inFolder(root, steps.slice(0, -1), {
    owner,
    work: (folder) => {
      const old = folder.statsOf(name);
      const mode = modeOf(old?.isFile() ? old.mode & PERMISSIONS : 0o644, isExecutable);
      const heir = (process.geteuid?.() === 0 ? old : undefined) ?? folder.stats();
      folder.putFile(name, bytes, { mode, owner: owner ?? heir });
    },
  });
}

function modeOf(rights: number, isExecutable: boolean): number {
  return isExecutable && (rights & 0o100) === 0 ? rights | ((rights & 0o444) >> 2) : rights;
}
