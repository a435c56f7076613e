/**
 * Turns the paths of an order into mounts, each held open so that it stays what was decided on.
 *
 * @module
 */

import { closeSync } from 'node:fs';
import { Fault } from '../../../core/errors/fault.ts';
import type { HostPath } from '../../host-path.ts';
import type { SandboxOrder } from '../../sandbox.ts';
import { pinPath } from '../pin-path.ts';
import type { HostMount } from './bwrap-options.ts';

export interface PinnedMounts {
  readonly mounts: readonly HostMount[];
  /** The executor's own descriptors, in the order of `mounts`. */
  readonly pins: readonly number[];
  close(): void;
}

interface Wish {
  readonly path: HostPath;
  readonly inside: string;
  readonly mode: HostMount['mode'];
}

/**
 * Descriptors in the sandbox are numbered from `first` on.
 *
 * @throws Fault `tier_unavailable` when a path does not lead, without a link, to a file or folder.
 */
export function pinMounts(order: SandboxOrder, first: number): PinnedMounts {
  const pins: number[] = [];
  const close = () => {
    for (const pin of pins.splice(0)) closeSync(pin);
  };
  const mounts = wishesOf(order).map(({ path, inside, mode }, index): HostMount => {
    const pinned = pinPath(path);
    if (!pinned.ok) {
      close();
      throw new Fault('tier_unavailable', pinned.error.message);
    }
    pins.push(pinned.value);
    return { descriptor: first + index, path: inside, mode };
  });
  return { mounts, pins, close };
}

/** A path that may be written is mounted once, for both. */
function wishesOf({ plugin, reads, writes }: SandboxOrder): readonly Wish[] {
  const granted = new Map<HostPath, HostMount['mode']>();
  for (const path of reads) granted.set(path, 'read');
  for (const path of writes) granted.set(path, 'write');
  const own: readonly Wish[] =
    plugin === undefined ? [] : [{ path: plugin, inside: '/plugin', mode: 'read' }];
  return [...own, ...[...granted].map(([path, mode]) => ({ path, inside: path, mode }))];
}
