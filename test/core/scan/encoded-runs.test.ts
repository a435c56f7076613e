import { describe, expect, test, vi } from 'vitest';
import { decodeRuns } from '../../../src/core/scan/encoded-runs.ts';
import { cpuMs } from '../../support/cpu-ms.ts';

/** They look through megabytes. */
vi.setConfig({ testTimeout: 60_000 });

describe('decodeRuns()', () => {
  test('needs as long for runs in one long line as for runs in short ones', () => {
    const run = btoa('some word in');
    const spent = (separator: string) => {
      // A character of two bytes makes all of them so.
      const text = `漢 ${`${run}${separator}`.repeat(60_000)}`;
      return cpuMs(() => expect(decodeRuns(text).length).toBe(60_000));
    };
    const inShortLines = spent('\n');
    expect(spent(' ') / inShortLines).toBeLessThan(5);
  });

  test('takes as many lines as a text may have', () => {
    const line = btoa('filling words of a text, that go on and o');
    expect(line).toMatch(/^[^=]{55}=$/);
    expect(decodeRuns(`${line}\n`.repeat(130_000)).length).toBe(130_000);
  });
});
