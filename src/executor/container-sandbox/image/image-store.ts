/**
 * Unpacked images, each under the digest of its manifest. An image is written once and only read
 * afterwards: containers see it through an overlay of their own.
 *
 * @module
 */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../../core/errors/fault.ts';
import { TreeRefusal } from '../files/file-tree.ts';
import { HeldFolder } from '../files/held-folder.ts';
import { readOciLayout } from './oci-layout.ts';
import { ImageUnpacker } from './unpack-layer.ts';

export interface UnpackedImage {
  /** Folder with the image's root. */
  readonly root: string;
  /** `NAME=value`, as the image asks for it. */
  readonly environment: readonly string[];
}

const DIGEST = /^sha256:([0-9a-f]{64})$/;

export class ImageStore {
  readonly #folder: string;

  /** `folder` is for the executor alone, absolute and without links. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
  }

  /** Nothing unless the image has been loaded. */
  find(digest: string): UnpackedImage | undefined {
    const folder = this.#place(digest);
    if (!existsSync(folder)) return undefined;
    const environment = readFileSync(join(folder, 'environment'), 'utf8').split('\0');
    return { root: join(folder, 'root'), environment: environment.filter(Boolean) };
  }

  /**
   * Unpacks an image from a folder in the OCI image layout, unless it is here already.
   *
   * @throws Fault `tier_unavailable` when the folder does not hold this very image.
   */
  async load(layout: string, digest: string): Promise<void> {
    const place = this.#place(digest);
    if (existsSync(place)) return;
    const { environment, layers } = readOciLayout(layout, digest);
    const unfinished = mkdtempSync(join(this.#folder, 'unpacking-'));
    try {
      mkdirSync(join(unfinished, 'root'), { mode: 0o755 });
      await unpackAll(join(unfinished, 'root'), layers);
      writeFileSync(join(unfinished, 'environment'), environment.join('\0'));
      renameSync(unfinished, place);
    } catch (error) {
      if (!(error instanceof TreeRefusal)) throw error;
      throw new Fault('tier_unavailable', `Cannot unpack an image: ${error.problem}`);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }

  #place(digest: string): string {
    const [, hash] = DIGEST.exec(digest) ?? [];
    if (hash === undefined) {
      throw new Fault('tier_unavailable', 'Cannot find an image: it must be pinned by its digest');
    }
    return join(this.#folder, hash);
  }
}

async function unpackAll(
  path: string,
  layers: Awaited<ReturnType<typeof readOciLayout>>['layers'],
): Promise<void> {
  const root = HeldFolder.open(path);
  try {
    const unpacker = new ImageUnpacker(root);
    for (const open of layers) await unpacker.unpack(await open());
  } finally {
    root.close();
  }
}
