/**
 * Writes a tree as a tar archive: plain files and folders, owned by whoever unpacks it.
 *
 * @module
 */

import type { FileCopy, FileTree } from './file-tree.ts';
import { paddingAfter, TAR_BLOCK_BYTES, writeTarHeader } from './tar-header.ts';

/** Names longer than this, in bytes, go into a record of their own. */
const MAX_NAME_BYTES = 100;

export function writeTar(tree: FileTree): Buffer {
  return Buffer.concat([...tree.flatMap(writeFile), Buffer.alloc(2 * TAR_BLOCK_BYTES)]);
}

function writeFile({ path, bytes, isExecutable }: FileCopy): readonly Buffer[] {
  const name = bytes === undefined ? `${path}/` : path;
  const mode = bytes === undefined || isExecutable ? 0o755 : 0o644;
  const type = bytes === undefined ? '5' : '0';
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return writeEntry({ name, mode, type }, bytes);
  return [
    ...writeEntry({ name: 'name', mode: 0o644, type: 'x' }, writePath(name)),
    ...writeEntry({ name: 'named-before', mode, type }, bytes),
  ];
}

function writeEntry(
  header: { readonly name: string; readonly mode: number; readonly type: string },
  bytes: Buffer = Buffer.alloc(0),
): readonly Buffer[] {
  const size = bytes.length;
  return [writeTarHeader({ ...header, size }), bytes, Buffer.alloc(paddingAfter(size))];
}

/** A pax record, whose length counts its own digits. */
function writePath(name: string): Buffer {
  const rest = ` path=${name}\n`;
  const bytes = Buffer.byteLength(rest);
  const guess = bytes + String(bytes).length;
  return Buffer.from(`${bytes + String(guess).length}${rest}`);
}
