/**
 * The control group of one sandbox: holds memory and processes, counts processor time.
 *
 * A limit is read back after it is set, since a kernel or a container engine may accept one and
 * ignore it.
 *
 * @module
 */

import type { ChildProcess } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Fault } from '../../../core/errors/fault.ts';
import type { CgroupFile, CgroupLayout, CgroupReading, Controller } from './cgroup-layout.ts';
import { hasCode } from './has-code.ts';
import { MEMBERS_FILE, membersOf } from './membership.ts';

export type CgroupFolders = Readonly<Record<Controller, string>>;

export interface CgroupPlace {
  readonly layout: CgroupLayout;
  /** Of the group itself. */
  readonly folders: CgroupFolders;
  /** Of the executor's own. */
  readonly home: CgroupFolders;
}

export interface CgroupLimits {
  readonly memoryBytes: number;
  readonly processes: number;
}

export interface CgroupUsage {
  readonly cpuMs: number | undefined;
  readonly peakMemoryBytes: number | undefined;
  readonly outOfMemoryKills: number;
  readonly refusedProcesses: number;
}

/** The kernel rounds memory down to whole pages; none is larger. */
const LARGEST_PAGE_BYTES = 65_536;

/** How long a group may take to become empty after all its members were killed. */
const EMPTY_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 5;

/** Of a group, by which processes or threads get into it. */
interface Door {
  /** @throws Fault `tier_unavailable` */
  enter(id: number): void;
  close(): void;
}

export class Cgroup {
  readonly #layout: CgroupLayout;
  readonly #folders: CgroupFolders;
  readonly #home: CgroupFolders;

  private constructor({ layout, folders, home }: CgroupPlace) {
    this.#layout = layout;
    this.#folders = folders;
    this.#home = home;
  }

  /** @throws Fault `tier_unavailable` when a limit does not hold. */
  static create(place: CgroupPlace, limits: CgroupLimits): Cgroup {
    const group = new Cgroup(place);
    try {
      for (const folder of group.#distinctFolders()) mkdirSync(folder);
      group.#limit(limits);
    } catch (error) {
      group.remove();
      if (error instanceof Fault) throw error;
      throw new Fault('tier_unavailable', 'Cannot make a control group', { cause: error });
    }
    return group;
  }

  /** A group that is there already. */
  static adopt(place: CgroupPlace): Cgroup {
    return new Cgroup(place);
  }

  /**
   * Starts a process that must wait until this returns; all that it starts then is in the group.
   *
   * Moving another process makes the kernel stop the world for about ten milliseconds. A thread
   * that moves itself does not, and what it starts is born where it is: so, with version 1, the
   * executor's own thread goes in and comes back. With version 2 threads cannot go alone.
   *
   * @throws Fault `tier_unavailable`
   */
  start(spawn: () => ChildProcess): ChildProcess {
    if (this.#layout.ownThread === undefined) {
      return this.#moveIn(spawn());
    }
    // Opened before, as there may be no descriptor left for the way back.
    const back = this.#open(this.#layout.ownThread, this.#home);
    try {
      this.#move(this.#layout.ownThread, this.#folders, 0);
      return spawn();
    } finally {
      back.enter(0);
      back.close();
    }
  }

  usage(): CgroupUsage {
    const { peakMemory, outOfMemoryKills, refusedProcesses, cpuTime } = this.#layout;
    return {
      cpuMs: this.#read(cpuTime),
      peakMemoryBytes: this.#read(peakMemory),
      outOfMemoryKills: this.#read(outOfMemoryKills) ?? 0,
      refusedProcesses: this.#read(refusedProcesses) ?? 0,
    };
  }

  /** For a container runtime, which has to be told where the group is. */
  get folders(): CgroupFolders {
    return this.#folders;
  }

  get version(): CgroupLayout['version'] {
    return this.#layout.version;
  }

  members(): readonly number[] {
    return membersOf(this.#folders.pids);
  }

  /**
   * Kills all members, again and again until none is left. Repeating does nothing.
   *
   * @throws Fault `internal` when this user may not kill one of them.
   */
  async empty(): Promise<void> {
    const giveUpAt = performance.now() + EMPTY_WITHIN_MS;
    while (this.members().length > 0 && performance.now() < giveUpAt) {
      this.#killMembers();
      await wait(LOOK_AGAIN_MS);
    }
  }

  /** To be called when it is empty. A folder that is still busy is left to the next sweep. */
  remove(): void {
    for (const folder of this.#distinctFolders()) {
      try {
        rmdirSync(folder);
      } catch {
        // Not there, or busy.
      }
    }
  }

  #moveIn(child: ChildProcess): ChildProcess {
    try {
      if (child.pid !== undefined) this.#move(MEMBERS_FILE, this.#folders, child.pid);
      return child;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  #move(name: string, folders: CgroupFolders, id: number): void {
    const door = this.#open(name, folders);
    try {
      door.enter(id);
    } finally {
      door.close();
    }
  }

  #open(name: string, folders: CgroupFolders): Door {
    const files: number[] = [];
    const close = () => {
      for (const file of files) closeSync(file);
    };
    try {
      for (const folder of new Set(Object.values(folders))) {
        files.push(openSync(join(folder, name), 'w'));
      }
    } catch (error) {
      close();
      throw refuseToFill(error);
    }
    const enter = (id: number) => {
      try {
        for (const file of files) writeSync(file, String(id));
      } catch (error) {
        throw refuseToFill(error);
      }
    };
    return { enter, close };
  }

  #limit(limits: CgroupLimits): void {
    const { memoryLimit, swapLimit, swapCountsMemory, processLimit, killTogether } = this.#layout;
    this.#hold(memoryLimit, limits.memoryBytes, LARGEST_PAGE_BYTES);
    this.#setIfKnown(swapLimit, swapCountsMemory ? limits.memoryBytes : 0);
    this.#hold(processLimit, limits.processes, 1);
    if (killTogether !== undefined) this.#setIfKnown(killTogether, 1);
  }

  /** The kernel may hold a little less than asked, by less than a `grain`. */
  #hold(file: CgroupFile, value: number, grain: number): void {
    writeFileSync(this.#path(file), String(value));
    const held = Number(readFileSync(this.#path(file), 'utf8'));
    if (!(held <= value && held > value - grain)) {
      throw new Fault('tier_unavailable', `Cannot set "${file.name}": the kernel must hold it`);
    }
  }

  #setIfKnown(file: CgroupFile, value: number): void {
    try {
      writeFileSync(this.#path(file), String(value), { flag: 'r+' });
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }

  #killMembers(): void {
    if (this.#switchOff()) return;
    let refused: unknown;
    for (const pid of this.members()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if (!hasCode(error, 'ESRCH')) refused = error; // or it ended between the two lines
      }
    }
    if (refused !== undefined) {
      const problem = 'Cannot empty a control group: this user must be allowed to kill its members';
      throw new Fault('internal', problem, { cause: refused });
    }
  }

  /**
   * Not every group of version 2 has a switch that this user may use: kernels before 5.14 have none,
   * and that of a container belongs to its engine, or to a mapped user, also where this one may kill
   * its members.
   */
  #switchOff(): boolean {
    const { killSwitch } = this.#layout;
    if (killSwitch === undefined) return false;
    try {
      writeFileSync(this.#path(killSwitch), '1', { flag: 'r+' });
      return true;
    } catch {
      return false;
    }
  }

  #read({ key, unit = 1, ...file }: CgroupReading): number | undefined {
    const text = readIfThere(this.#path(file));
    const line =
      key === undefined ? text : text?.split('\n').find((row) => row.startsWith(`${key} `));
    const value = line?.trim().split(' ').at(-1);
    return value === undefined ? undefined : Number(value) * unit;
  }

  #path(file: CgroupFile): string {
    return join(this.#folders[file.controller], file.name);
  }

  #distinctFolders(): readonly string[] {
    return [...new Set(Object.values(this.#folders))];
  }
}

function refuseToFill(cause: unknown): Fault {
  return new Fault('tier_unavailable', 'Cannot fill a control group', { cause });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
