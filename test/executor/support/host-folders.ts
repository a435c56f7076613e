import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { HostPath } from '../../../src/executor/host-path.ts';
import { resolveHostPath } from '../../../src/executor/resolve-host-path.ts';

const made: string[] = [];

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A new folder of the host that any account may read, and write if it is said. */
export function makeFolder(mode: 0o755 | 0o777 = 0o755): HostPath {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'sallyport-test-'));
  made.push(folder);
  chmodSync(folder, mode);
  return hostPath(folder);
}

export function hostPath(path: string): HostPath {
  const resolved = resolveHostPath(path);
  if (!resolved.ok) throw new Error(resolved.error.message);
  return resolved.value;
}
