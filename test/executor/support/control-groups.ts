import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of all control groups of this machine; none where it has none. */
export function controlGroups(folder = '/sys/fs/cgroup'): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name))
      .flatMap((path) => [path, ...controlGroups(path)]);
  } catch {
    return [];
  }
}
