/**
 * Which files of the host a container gets a copy of, where they appear inside, and which of them
 * may be written back.
 *
 * A container sees no folder of the host. What is granted is copied into folders of its own, under
 * the paths by which the plugin's arguments name it; what it may write is copied back at the end.
 *
 * @module
 */

import { lstatSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { Fault } from '../../core/errors/fault.ts';
import { type HostPath, isWithin } from '../host-path.ts';
import { type SandboxOrder, SECRETS_FOLDER } from '../sandbox.ts';
import {
  type FileTree,
  MAX_TREE_ENTRIES,
  type TreeBounds,
  TreeBuilder,
  TreeRefusal,
} from './files/file-tree.ts';
import { HeldFolder } from './files/held-folder.ts';
import { readFile, readTree } from './files/read-tree.ts';
import { writeTree } from './files/write-tree.ts';

/** What the runtime fills itself; grants in or above them are refused. */
const RESERVED = ['/proc', '/dev', '/sys', SECRETS_FOLDER];

interface Grant {
  readonly path: HostPath;
  readonly isFolder: boolean;
  readonly mayWrite: boolean;
}

/** A folder of the container that holds copies. */
export interface CopiedFolder {
  /** Its path, inside and on the host alike. */
  readonly path: string;
  /** What it holds at first. */
  readonly tree: FileTree;
}

export class GrantedFiles {
  readonly folders: readonly CopiedFolder[];
  /** Of each folder, on its way in and out. */
  readonly bounds: TreeBounds;
  readonly #grants: readonly Grant[];

  private constructor(
    folders: readonly CopiedFolder[],
    bounds: TreeBounds,
    grants: readonly Grant[],
  ) {
    this.folders = folders;
    this.bounds = bounds;
    this.#grants = grants;
  }

  /** @throws Fault `tier_unavailable` when there is too much to copy. */
  static read({ reads, writes, limits }: SandboxOrder): GrantedFiles {
    const bounds = { maxEntries: MAX_TREE_ENTRIES, maxBytes: limits.diskBytes };
    const grants = [
      ...reads.map((path) => toGrant(path, false)),
      ...writes.map((path) => toGrant(path, true)),
    ];
    try {
      const folders = outermost(grants.map(folderOf)).map((path) => ({
        path,
        tree: copyIn(path, grants, bounds),
      }));
      return new GrantedFiles(folders, bounds, grants);
    } catch (error) {
      if (!(error instanceof TreeRefusal)) throw error;
      throw new Fault('tier_unavailable', `Cannot copy granted files: ${error.problem}`);
    }
  }

  /** Writes back what has changed below `folder` and may be written. */
  writeBack(folder: CopiedFolder, after: FileTree): void {
    const before = new Map(folder.tree.map((file) => [file.path, file]));
    const changed = after.filter(({ path, bytes }) => {
      const old = before.get(path);
      const isSame = bytes === undefined ? old !== undefined : old?.bytes?.equals(bytes) === true;
      return !isSame && this.#mayWrite(`${folder.path}/${path}`);
    });
    if (changed.length === 0) return;
    const root = HeldFolder.open(folder.path);
    try {
      writeTree(root, changed);
    } finally {
      root.close();
    }
  }

  #mayWrite(path: string): boolean {
    return this.#grants.some(
      (grant) =>
        grant.mayWrite &&
        (path === grant.path || (grant.isFolder && path.startsWith(`${grant.path}/`))),
    );
  }
}

function toGrant(path: HostPath, mayWrite: boolean): Grant {
  const isFolder = lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const grant = { path, isFolder, mayWrite };
  const folder = folderOf(grant);
  const isTaken = RESERVED.some((taken) => isWithin(folder, taken) || isWithin(taken, folder));
  if (folder === '/' || isTaken) {
    throw new Fault('tier_unavailable', 'Cannot copy granted files: the system is in the way');
  }
  return grant;
}

/** The folder that appears inside: the granted one, or the one in which a granted file lies. */
function folderOf({ path, isFolder }: Grant): string {
  return isFolder ? path : dirname(path);
}

function outermost(folders: readonly string[]): readonly string[] {
  const distinct = [...new Set(folders)];
  return distinct.filter(
    (folder) => !distinct.some((other) => other !== folder && isWithin(folder, other)),
  );
}

/** A grant within another granted folder comes with that one. */
function copyIn(folder: string, grants: readonly Grant[], bounds: TreeBounds): FileTree {
  const builder = new TreeBuilder(bounds);
  const within = grants.filter((grant) => isWithin(folderOf(grant), folder));
  const roots = outermost(within.filter(({ isFolder }) => isFolder).map(({ path }) => path));
  for (const root of roots) {
    const prefix = relative(folder, root);
    const held = HeldFolder.open(root);
    try {
      readTree(held, builder, { prefix: prefix === '' ? '' : `${prefix}/`, onOther: 'leave-out' });
    } finally {
      held.close();
    }
  }
  const files = within.filter(({ path }) => !roots.some((root) => isWithin(path, root)));
  for (const path of new Set(files.map((file) => file.path))) copyFile(path, folder, builder);
  return builder.tree();
}

function copyFile(path: string, folder: string, builder: TreeBuilder): void {
  const held = HeldFolder.open(dirname(path));
  try {
    readFile(held, relative(dirname(path), path), { path: relative(folder, path), builder });
  } finally {
    held.close();
  }
}
