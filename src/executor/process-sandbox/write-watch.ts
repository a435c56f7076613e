/**
 * Watches how much a program writes to granted folders of the host, which have no quota.
 *
 * The free space of their volumes is looked at often, since that is cheap and nothing written
 * escapes it. Only when a volume has become fuller by more than the limit is asked who did it: the
 * files that have changed since the program started are added up, and if they are within the
 * limit, somebody else did. Watching bounds what stays, not what is written between two looks.
 *
 * @module
 */

import { type Stats, statfsSync } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../host-path.ts';

/** Most entries that are looked at; a program that made more is over its limit. */
const MAX_ENTRIES = 100_000;

/** Clocks of file systems are coarser than the executor's. */
const CLOCK_GRAIN_MS = 50;

export class WriteWatch {
  readonly #folders: readonly HostPath[];
  readonly #limitBytes: number;
  readonly #startedAt: number;
  #usedBefore: readonly number[];
  #isOver = false;
  #isAsking = false;

  /** `startedAt`: epoch milliseconds. */
  constructor(folders: readonly HostPath[], limitBytes: number, startedAt: number) {
    this.#folders = folders;
    this.#limitBytes = limitBytes;
    this.#startedAt = startedAt - CLOCK_GRAIN_MS;
    this.#usedBefore = folders.map(usedBytes);
  }

  /**
   * Cheap enough to be asked every few milliseconds. The answer may come late by a few. A folder
   * that can no longer be watched is over its limit.
   */
  isOver(): boolean {
    if (this.#isOver || this.#isAsking) return this.#isOver;
    try {
      const used = this.#folders.map(usedBytes);
      const grew = used.some((bytes, at) => bytes - this.#usedBefore[at]! > this.#limitBytes);
      if (grew) void this.#ask(used);
    } catch {
      this.#isOver = true;
    }
    return this.#isOver;
  }

  async #ask(used: readonly number[]): Promise<void> {
    this.#isAsking = true;
    try {
      this.#isOver = (await this.changedBytes()) > this.#limitBytes;
    } catch {
      this.#isOver = true;
    }
    this.#usedBefore = used;
    this.#isAsking = false;
  }

  /** What the files hold that have changed since the start. */
  async changedBytes(): Promise<number> {
    const pending: string[] = [...this.#folders];
    let entries = 0;
    let bytes = 0;
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      if (++entries > MAX_ENTRIES) return Number.POSITIVE_INFINITY;
      const facts = await lstat(path).catch(() => undefined);
      if (facts?.isDirectory() === true) pending.push(...(await entriesOf(path)));
      else if (facts !== undefined && facts.ctimeMs >= this.#startedAt) bytes += heldBytes(facts);
    }
    return bytes;
  }
}

function usedBytes(path: HostPath): number {
  const { bsize, blocks, bfree } = statfsSync(path);
  return bsize * (blocks - bfree);
}

function heldBytes({ blocks }: Stats): number {
  return blocks * 512;
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  const entries = await opendir(folder).catch(() => undefined);
  if (entries === undefined) return paths;
  for await (const entry of entries) paths.push(join(folder, entry.name));
  return paths;
}
