/**
 * The part of the control groups that this executor owns: one folder below its own group, named
 * after the executor's process, and in it one folder for each sandbox.
 *
 * @module
 */

import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { err, ok, type Result } from '../../../core/primitives/result.ts';
import { isOwnerAlive, ownerName } from '../owner-name.ts';
import { Cgroup, type CgroupFolders, type CgroupLimits, type CgroupPlace } from './cgroup.ts';
import type { CgroupLayout, Controller } from './cgroup-layout.ts';
import { hasCode } from './has-code.ts';
import { CGROUP_MOUNT, findLayout, MEMBERS_FILE, membersOf, readMembership } from './membership.ts';

/** Name of the controller that does each work. */
const V1_CONTROLLERS: Readonly<Record<Controller, string>> = {
  memory: 'memory',
  pids: 'pids',
  cpu: 'cpuacct',
};
const V2_CONTROLLERS = ['memory', 'pids'];

/** Where processes that are moved out of the way of version 2's rule go: see {@link openV2}. */
const EXECUTOR_LEAF = 'sallyport-executor';
/** New ones may be started by those that are just being moved. */
const CLEAR_TRIES = 10;

const DELEGATE = ': have systemd start it in a unit of its own, with "Delegate=yes"';

export class CgroupTree {
  readonly layout: CgroupLayout;
  readonly #mount: string;
  readonly #parents: CgroupFolders;
  readonly #own: CgroupFolders;

  private constructor(mount: string, layout: CgroupLayout, parents: CgroupFolders) {
    this.#mount = mount;
    this.layout = layout;
    this.#parents = parents;
    this.#own = below(parents, ownerName());
  }

  /** An error says why limits cannot be held by control groups here. */
  static open(
    mount = CGROUP_MOUNT,
    membership = readMembership(process.pid),
  ): Result<CgroupTree, string> {
    const layout = findLayout(mount);
    try {
      const open = layout.version === 'v2' ? openV2 : openV1;
      const opened = new CgroupTree(mount, layout, open(mount, membership));
      opened.#openOwn();
      opened.#closeOwn();
      return ok(opened);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      const remedy = layout.version === 'v2' && code === 'EACCES' ? DELEGATE : '';
      return err(`control groups ${layout.version} are not writable here (${code})${remedy}`);
    }
  }

  /** @throws Fault `tier_unavailable` when a limit does not hold. */
  create(id: string, limits: CgroupLimits): Cgroup {
    this.#openOwn();
    return Cgroup.create(this.#place(below(this.#own, id)), limits);
  }

  /** To be called when the group is empty. Repeating does nothing. */
  remove(group: Cgroup): void {
    group.remove();
    this.#closeOwn();
  }

  /** Kills and removes what executors left behind that run no more, in whatever group they ran. */
  async sweep(): Promise<void> {
    for (const owner of foldersBelow(this.#mount)) {
      if (isOwnerAlive(basename(owner)) !== false) continue;
      for (const folder of foldersIn(owner)) {
        const folders = { memory: folder, pids: folder, cpu: folder };
        const group = Cgroup.adopt(this.#place(folders));
        await group.empty().catch(() => undefined); // another user's
        group.remove();
      }
      removeFolder(owner);
    }
  }

  #place(folders: CgroupFolders): CgroupPlace {
    return { layout: this.layout, folders, home: this.#parents };
  }

  #openOwn(): void {
    for (const folder of new Set(Object.values(this.#own))) makeFolder(folder);
    if (this.layout.version === 'v2') delegate(this.#own.memory);
  }

  /** Nothing of it stays for as long as no sandbox lives. */
  #closeOwn(): void {
    for (const folder of new Set(Object.values(this.#own))) removeFolder(folder);
  }
}

function openV1(mount: string, membership: ReadonlyMap<string, string>): CgroupFolders {
  const folder = (controller: string) => join(mount, controller, membership.get(controller) ?? '/');
  const { memory, pids, cpu } = V1_CONTROLLERS;
  return { memory: folder(memory), pids: folder(pids), cpu: folder(cpu) };
}

/**
 * A group of version 2 that hands controllers on must have no members, but for the root of all. So
 * all that run in the executor's group, it and what has started it (`npx`, a shell), go into a leaf
 * beside the sandboxes. What is above the group stays in force for all of them.
 */
function openV2(mount: string, membership: ReadonlyMap<string, string>): CgroupFolders {
  const own = membership.get('') ?? '/';
  const parent = join(mount, basename(own) === EXECUTOR_LEAF ? dirname(own) : own);
  const isRootOfAll = !existsSync(join(parent, 'cgroup.type'));
  if (!isRootOfAll) clear(parent, join(parent, EXECUTOR_LEAF));
  delegate(parent);
  return { memory: parent, pids: parent, cpu: parent };
}

function clear(group: string, leaf: string): void {
  for (let tried = 0; tried < CLEAR_TRIES; tried++) {
    const members = membersOf(group);
    if (members.length === 0) return;
    makeFolder(leaf);
    for (const pid of members) moveTo(leaf, pid);
  }
}

function moveTo(group: string, pid: number): void {
  try {
    writeFileSync(join(group, MEMBERS_FILE), String(pid));
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error; // it has ended meanwhile
  }
}

function delegate(folder: string): void {
  const controllers = V2_CONTROLLERS.map((name) => `+${name}`).join(' ');
  writeFileSync(join(folder, 'cgroup.subtree_control'), controllers);
}

function below(folders: CgroupFolders, name: string): CgroupFolders {
  const { memory, pids, cpu } = folders;
  return { memory: join(memory, name), pids: join(pids, name), cpu: join(cpu, name) };
}

function foldersIn(parent: string): readonly string[] {
  try {
    const entries = readdirSync(parent, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(parent, name));
  } catch {
    // It was removed meanwhile.
    return [];
  }
}

function foldersBelow(parent: string): readonly string[] {
  return foldersIn(parent).flatMap((folder) => [folder, ...foldersBelow(folder)]);
}

/** What it is made in must be there: a folder that is not a group holds nothing. */
function makeFolder(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder);
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not there, or not empty: another sandbox lives.
  }
}
