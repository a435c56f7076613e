/**
 * Watches how much a program writes to granted folders of the host, which have no quota.
 *
 * The free space of their volumes is looked at often, since that is cheap and nothing written
 * escapes it; so are the free places for files, which empty ones use up as well. Only when a volume
 * has become fuller by more than the limit is asked who did it: the files that have changed since the program started are added up, and if they are within the
 * limit, somebody else did. Watching bounds what stays, not what is written between two looks.
 *
 * @module
 */

import { type Stats, statfsSync } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../host-path.ts';

/** Most entries that a program may make, and most that are looked at. */
export const MAX_ENTRIES = 100_000;

/** Clocks of file systems are coarser than the executor's. */
const CLOCK_GRAIN_MS = 50;

export interface WriteLimits {
  readonly bytes: number;
  readonly entries: number;
}

export class WriteWatch {
  readonly #folders: readonly HostPath[];
  readonly #limits: WriteLimits;
  readonly #startedAt: number;
  #usedBefore: readonly Used[];
  #isOver = false;
  #isAsking = false;

  /** `startedAt`: epoch milliseconds. */
  constructor(folders: readonly HostPath[], limits: WriteLimits, startedAt: number) {
    this.#folders = folders;
    this.#limits = limits;
    this.#startedAt = startedAt - CLOCK_GRAIN_MS;
    this.#usedBefore = folders.map(usedOf);
  }

  /**
   * Cheap enough to be asked every few milliseconds. The answer may come late by a few. A folder
   * that can no longer be watched is over its limit.
   */
  isOver(): boolean {
    if (this.#isOver || this.#isAsking) return this.#isOver;
    try {
      const used = this.#folders.map(usedOf);
      const grew = used.some(({ bytes, entries }, at) => {
        const [before, limits] = [this.#usedBefore[at]!, this.#limits];
        return bytes - before.bytes > limits.bytes || entries - before.entries > limits.entries;
      });
      if (grew) void this.#ask(used);
    } catch {
      this.#isOver = true;
    }
    return this.#isOver;
  }

  async #ask(used: readonly Used[]): Promise<void> {
    this.#isAsking = true;
    try {
      this.#isOver = (await this.changedBytes()) > this.#limits.bytes;
    } catch {
      this.#isOver = true;
    }
    this.#usedBefore = used;
    this.#isAsking = false;
  }

  /** What the files hold that have changed since the start. Rejects when that cannot be known. */
  async changedBytes(): Promise<number> {
    const pending: string[] = [...this.#folders];
    let entries = 0;
    let bytes = 0;
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      if (++entries > this.#limits.entries) return Number.POSITIVE_INFINITY;
      const facts = await lstat(path).catch(orGone);
      if (facts === undefined) continue;
      const isNew = facts.ctimeMs >= this.#startedAt;
      if (!facts.isDirectory()) bytes += isNew ? heldBytes(facts) : 0;
      // What it closes to us, it hides something in.
      else pending.push(...((await entriesOf(path).catch(isNew ? orGone : orNothing)) ?? []));
    }
    return bytes;
  }
}

/** Of a whole volume. */
interface Used {
  readonly bytes: number;
  /** 0 where the file system makes places for files as it goes. */
  readonly entries: number;
}

function usedOf(path: HostPath): Used {
  const { bsize, blocks, bfree, files, ffree } = statfsSync(path);
  return { bytes: bsize * (blocks - bfree), entries: files - ffree };
}

function heldBytes({ blocks }: Stats): number {
  return blocks * 512;
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const entry of await opendir(folder)) paths.push(join(folder, entry.name));
  return paths;
}

/** What is removed while it is looked at takes no place. What is too deep to be looked at is another matter. */
function orGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

const orNothing = (): undefined => undefined;
