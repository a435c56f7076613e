/**
 * Applies one layer of an image to the folder in which the layers below it lie (OCI image-spec
 * 1.1, "layer"). Written for layers of strangers: no step of a name is ever followed through a
 * link, devices are left out, and modes lose their set-user-id bits.
 *
 * @module
 */

import type { Readable } from 'node:stream';
import { isPlainPath, TreeRefusal } from '../files/file-tree.ts';
import type { HeldFolder } from '../files/held-folder.ts';
import { readTarEntries, type TarEntry } from '../files/read-tar.ts';
import { inFolder } from '../files/write-tree.ts';

/** What an image may hold, all layers together. */
const MAX_ENTRIES = 500_000;
const MAX_FILE_BYTES = 1024 * 1024 * 1024;
const MAX_IMAGE_BYTES = 8 * 1024 * 1024 * 1024;

/** A file of this name removes what lies below, of the rest of its name or in its whole folder. */
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

const OWNER = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

export class ImageUnpacker {
  readonly #root: HeldFolder;
  #entries = 0;
  #bytes = 0;

  constructor(root: HeldFolder) {
    this.#root = root;
  }

  /** @throws TreeRefusal when the layer holds too much, or leads out of the image. */
  async unpack(layer: Readable): Promise<void> {
    for await (const entry of readTarEntries(layer, MAX_FILE_BYTES)) {
      this.#entries += 1;
      this.#bytes += entry.size;
      if (this.#entries > MAX_ENTRIES) throw new TreeRefusal('too_many_files');
      if (this.#bytes > MAX_IMAGE_BYTES) throw new TreeRefusal('too_many_bytes');
      const path = toPlainPath(entry.name);
      if (path !== '') await this.#apply(path, entry);
    }
  }

  async #apply(path: string, entry: TarEntry): Promise<void> {
    const bytes = entry.type === '0' ? await entry.readBytes() : undefined;
    const steps = path.split('/');
    const name = steps.pop()!;
    inFolder(this.#root, steps, {
      owner: OWNER,
      work: (folder) => {
        if (name === OPAQUE) for (const old of folder.names()) folder.remove(old);
        else if (name.startsWith(WHITEOUT)) folder.remove(name.slice(WHITEOUT.length));
        else this.#put(folder, name, { ...entry, bytes });
      },
    });
  }

  #put(folder: HeldFolder, name: string, entry: TarEntry & { bytes: Buffer | undefined }): void {
    const mode = entry.mode & 0o777;
    const old = folder.statsOf(name);
    if (entry.type === '5') {
      if (old?.isDirectory()) return;
      folder.remove(name);
      folder.makeFolder(name, mode | 0o500, OWNER).close();
      return;
    }
    if (old?.isDirectory()) folder.remove(name);
    if (entry.bytes !== undefined) folder.putFile(name, entry.bytes, { mode, owner: OWNER });
    else if (entry.type === '2') folder.putLink(name, entry.linkName);
    else if (entry.type === '1') this.#putSecondName(folder, name, entry.linkName);
  }

  #putSecondName(folder: HeldFolder, name: string, target: string): void {
    const steps = toPlainPath(target).split('/');
    const original = steps.pop()!;
    inFolder(this.#root, steps, {
      owner: OWNER,
      work: (from) => {
        if (!from.statsOf(original)?.isFile()) throw new TreeRefusal('kind_refused');
        folder.putSecondName(name, from, original);
      },
    });
  }
}

/** Names are written with `./` or `/` before them, or with neither; empty for the root itself. */
function toPlainPath(name: string): string {
  const path = name.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
  if (path === '' || path === '.') return '';
  if (!isPlainPath(path)) throw new TreeRefusal('name_refused');
  return path;
}
