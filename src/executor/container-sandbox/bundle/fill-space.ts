/**
 * Fills the space of one container before anything of it runs: mount points, copies of granted
 * files, secrets.
 *
 * @module
 */

import { Fault } from '../../../core/errors/fault.ts';
import type { SecretFile } from '../../sandbox.ts';
import { SECRETS_FOLDER } from '../../sandbox.ts';
import type { HeldFolder } from '../files/held-folder.ts';
import { inFolder, writeTree } from '../files/write-tree.ts';
import type { CopiedFolder } from '../granted-files.ts';
import { SPACE } from './container-space.ts';
import { type ContainerMounts, HOST_OWNER } from './runtime-config.ts';

/** Of the executor, and readable to all: it stands for the image's own folders. */
const ROOT_OWNER = { uid: 0, gid: 0 };

const TEMPORARY = '/tmp';

/** Folders of the space, below its root. */
const PLACES = { root: 'root', temporary: 'tmp', secrets: 'secrets' };

/** A folder of copies, held open so that it can be read when its container is gone. */
export interface HeldCopies {
  readonly folder: CopiedFolder;
  readonly held: HeldFolder;
}

/** Where everything will be, before any of it is. */
export function planMounts(folders: readonly CopiedFolder[]): ContainerMounts {
  return {
    root: `${SPACE}/${PLACES.root}`,
    writable: [
      { from: `${SPACE}/${PLACES.temporary}`, to: TEMPORARY },
      ...folders.map(({ path }, index) => ({ from: `${SPACE}/${copiesPlace(index)}`, to: path })),
    ],
    secrets: `${SPACE}/${PLACES.secrets}`,
  };
}

/** @throws Fault `tier_unavailable` when the image is in the way, or there is no room. */
export function fillSpace(
  space: HeldFolder,
  folders: readonly CopiedFolder[],
  secretFiles: readonly SecretFile[],
): readonly HeldCopies[] {
  const copies: HeldCopies[] = [];
  try {
    space.makeFolder(PLACES.temporary, 0o1777, HOST_OWNER).close();
    for (const path of ['/proc', '/dev', TEMPORARY, SECRETS_FOLDER]) makeMountPoint(space, path);
    for (const [index, folder] of folders.entries()) {
      makeMountPoint(space, folder.path);
      const held = space.makeFolder(copiesPlace(index), 0o755, HOST_OWNER);
      copies.push({ folder, held });
      writeTree(held, folder.tree, HOST_OWNER);
    }
    writeSecrets(space, secretFiles);
    return copies;
  } catch (cause) {
    for (const { held } of copies) held.close();
    const problem = 'the image must have room for what it is given';
    throw new Fault('tier_unavailable', `Cannot start a container: ${problem}`, { cause });
  }
}

function copiesPlace(index: number): string {
  return `copies-${index}`;
}

/** In the image's root, or in the private folder that is mounted over a part of it. */
function makeMountPoint(space: HeldFolder, path: string): void {
  const isTemporary = path.startsWith(`${TEMPORARY}/`);
  const place = isTemporary ? PLACES.temporary : PLACES.root;
  const steps = (isTemporary ? path.slice(TEMPORARY.length) : path).split('/').filter(Boolean);
  inFolder(space, [place, ...steps], { owner: ROOT_OWNER, work: () => undefined });
}

function writeSecrets(space: HeldFolder, secretFiles: readonly SecretFile[]): void {
  const folder = space.makeFolder(PLACES.secrets, 0o755, ROOT_OWNER);
  try {
    for (const { name, bytes } of secretFiles) {
      folder.putFile(name, bytes, { mode: 0o400, owner: HOST_OWNER });
    }
  } finally {
    folder.close();
  }
}
