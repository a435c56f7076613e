/**
 * A folder that is held open, and reached by its descriptor: what happens to the path by which it
 * was found changes nothing any more, and no step below it follows a symbolic link.
 *
 * Node has no `openat`; `/proc/self/fd/<n>/<name>` is the same, as long as `<name>` is one step.
 *
 * @module
 */

import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  symlinkSync,
  writeSync,
} from 'node:fs';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

const FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Every name is one step: neither empty, nor `.` or `..`, nor with a `/` in it. */
export class HeldFolder {
  readonly #descriptor: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Opens the folder at an absolute path, step by step, and fails if one of them is a link. */
  static open(path: string): HeldFolder {
    let folder = new HeldFolder(openSync('/', FOLDER));
    for (const step of path.split('/').filter(Boolean)) {
      const parent = folder;
      try {
        folder = parent.openFolder(step);
      } finally {
        parent.close();
      }
    }
    return folder;
  }

  /** Opens a folder as another process sees it. `path` may hold no link that others can change. */
  static openSeenBy(pid: number, path: string): HeldFolder {
    return new HeldFolder(openSync(`/proc/${pid}/root${path}`, FOLDER));
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  names(): readonly string[] {
    return readdirSync(`/proc/self/fd/${this.#descriptor}`).sort();
  }

  /** Of the folder itself. */
  stats(): Stats {
    return fstatSync(this.#descriptor);
  }

  /** Of the entry, also where it is a link; nothing if it is not there. */
  statsOf(name: string): Stats | undefined {
    return lstatSync(this.#path(name), { throwIfNoEntry: false });
  }

  openFolder(name: string): HeldFolder {
    return new HeldFolder(openSync(this.#path(name), FOLDER));
  }

  makeFolder(name: string, mode: number, owner?: Owner): HeldFolder {
    mkdirSync(this.#path(name));
    const folder = this.openFolder(name);
    if (owner !== undefined) fchownSync(folder.#descriptor, owner.uid, owner.gid);
    fchmodSync(folder.#descriptor, mode);
    return folder;
  }

  /** The bytes of a regular file, or nothing if it is none, or has more than `maxBytes`. */
  readFile(name: string, maxBytes: number): Buffer | undefined {
    const file = openSync(this.#path(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile() || stats.size > maxBytes) return undefined;
      return readAll(file, stats.size);
    } finally {
      closeSync(file);
    }
  }

  /** Puts a new file in the place of whatever has this name, at one stroke. */
  putFile(name: string, bytes: Uint8Array, { mode, owner }: { mode: number; owner?: Owner }): void {
    const unfinished = this.#path(`.sallyport-${process.pid}`);
    rmSync(unfinished, { force: true });
    const file = openSync(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      writeAll(file, bytes);
      if (owner !== undefined) fchownSync(file, owner.uid, owner.gid);
      fchmodSync(file, mode);
      renameSync(unfinished, this.#path(name));
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
  }

  putLink(name: string, target: string): void {
    this.remove(name);
    symlinkSync(target, this.#path(name));
  }

  /** Gives a file of a held folder a second name here. */
  putSecondName(name: string, from: HeldFolder, original: string): void {
    this.remove(name);
    linkSync(from.#path(original), this.#path(name));
  }

  /** Removes a file, a link or a whole folder; links in it are not followed. */
  remove(name: string): void {
    rmSync(this.#path(name), { recursive: true, force: true });
  }

  #path(name: string): string {
    return `/proc/self/fd/${this.#descriptor}/${name}`;
  }
}

function readAll(file: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const count = readSync(file, bytes, length, size - length, null);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
