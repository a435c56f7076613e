/**
 * Files on their way into a container or out of it: names and bytes, nothing else. There are no
 * links, devices, owners or special modes, because there is no way to write them down.
 *
 * @module
 */

export interface FileCopy {
  /** Steps from the root of the tree, joined by `/`. */
  readonly path: string;
  /** Absent for a folder. */
  readonly bytes?: Buffer;
  readonly isExecutable: boolean;
}

export type FileTree = readonly FileCopy[];

export interface TreeBounds {
  /** Files and folders together. */
  readonly maxEntries: number;
  /** Of all files together. */
  readonly maxBytes: number;
}

/** Folders below one another. */
const MAX_DEPTH = 32;

const MAX_STEP_BYTES = 255;
const MAX_PATH_BYTES = 1024;

export const MAX_TREE_ENTRIES = 10_000;

export type TreeProblem =
  | 'too_many_files'
  | 'too_many_bytes'
  | 'name_refused'
  | 'kind_refused'
  | 'archive_malformed';

/** A tree that breaks its bounds is refused whole. */
export class TreeRefusal extends Error {
  readonly problem: TreeProblem;

  constructor(problem: TreeProblem) {
    super(`The files were refused: ${problem}`);
    this.name = 'TreeRefusal';
    this.problem = problem;
  }
}

/** Counts while a tree is read, and refuses at the first entry that is too many. */
export class TreeBuilder {
  readonly #bounds: TreeBounds;
  readonly #files: FileCopy[] = [];
  #bytes = 0;

  constructor(bounds: TreeBounds) {
    this.#bounds = bounds;
  }

  /** How many bytes the next file may have. */
  get room(): number {
    return this.#bounds.maxBytes - this.#bytes;
  }

  /** To be called before anything of the entry is read. */
  expect(path: string, bytes: number): void {
    if (!isPlainPath(path)) throw new TreeRefusal('name_refused');
    if (this.#files.length >= this.#bounds.maxEntries) throw new TreeRefusal('too_many_files');
    if (bytes > this.room) throw new TreeRefusal('too_many_bytes');
  }

  add(file: FileCopy): void {
    this.expect(file.path, file.bytes?.length ?? 0);
    this.#bytes += file.bytes?.length ?? 0;
    this.#files.push(file);
  }

  tree(): FileTree {
    return this.#files;
  }
}

/** Whether this is a relative path of ordinary steps, in well-formed Unicode without controls. */
export function isPlainPath(path: string): boolean {
  const steps = path.split('/');
  return (
    Buffer.byteLength(path) <= MAX_PATH_BYTES &&
    steps.length <= MAX_DEPTH &&
    path.isWellFormed() &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    !/[\u0000-\u001f\u007f\ufffd]/.test(path) &&
    steps.every(
      (step) => !['', '.', '..'].includes(step) && Buffer.byteLength(step) <= MAX_STEP_BYTES,
    )
  );
}
