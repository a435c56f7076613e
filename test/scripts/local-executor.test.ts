import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { findObstacle, untilConnected } from '../../scripts/local-executor.mjs';
import { temporaryFolder } from './support/run-script.ts';

describe('findObstacle()', () => {
  afterEach(() => void vi.unstubAllEnvs());

  /** A `PATH` with this bubblewrap alone. */
  const havingBubblewrap = (script: string) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'bwrap'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'bwrap'), 0o755);
    vi.stubEnv('PATH', folder);
  };

  test.runIf(process.platform === 'linux')('finds none where bubblewrap runs', () => {
    havingBubblewrap('exit 0');
    expect(findObstacle()).toBeUndefined();
  });

  test.runIf(process.platform === 'linux')('says how to get one that is not there', () => {
    vi.stubEnv('PATH', temporaryFolder());
    expect(findObstacle()).toContain('apt-get install bubblewrap');
    havingBubblewrap('exit 1');
    expect(findObstacle()).toContain('bubblewrap is not installed');
  });
});

describe('untilConnected()', () => {
  const never = new Promise<number>(() => {});

  test('waits until it is online', async () => {
    const answers = [false, true];
    const state = await untilConnected(never, async () => answers.shift() === true);
    expect([state, answers]).toEqual(['online', []]);
  });

  test('lets the start go on without one that takes long', async () => {
    expect(await untilConnected(never, async () => false, 0)).toBe('not connected yet');
  });

  test('waits for none that has ended', async () => {
    expect(await untilConnected(Promise.resolve(1), async () => false)).toBe('ended');
  });
});
