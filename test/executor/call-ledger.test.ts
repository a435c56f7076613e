import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CallLedger } from '../../src/executor/call-ledger.ts';

const LEDGER = join(import.meta.dirname, '../../src/executor/call-ledger.ts');

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-ledger-'));
  path = join(folder, 'ledger.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

const callOf = (callKey: string, ticketId = callKey) => ({
  ...{ callKey, ticketId, ticketHash: 'a', codeHash: 'b', argumentHash: 'c' },
});
const endOf = (callKey: string) => ({ callKey, receipt: 'r', signature: 's', output: 'o' });

/** Opens the ledger for as long as that takes. */
function withLedger<T>(use: (ledger: CallLedger) => T): T {
  const ledger = new CallLedger(path);
  try {
    return use(ledger);
  } finally {
    ledger.close();
  }
}

/** Runs these statements on a ledger in another process, which is then killed in the middle. */
function runAndKill(statements: string): void {
  const program = `
    import { CallLedger } from ${JSON.stringify(LEDGER)};
    const ledger = new CallLedger(${JSON.stringify(path)});
    const callOf = ${callOf};
    const endOf = ${endOf};
    ${statements}
    process.kill(process.pid, 'SIGKILL');`;
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', program]);
  expect(signal).toBe('SIGKILL');
}

describe('a call', () => {
  test('is taken on once, by its key and by its ticket', () => {
    withLedger((ledger) => {
      expect(ledger.accept(callOf('1', 'ticket'), 0)).toBe(true);
      expect(ledger.accept(callOf('1', 'other ticket'), 0)).toBe(false);
      expect(ledger.accept(callOf('2', 'ticket'), 0)).toBe(false);
      expect(ledger.find('2')).toBeUndefined();
    });
  });

  test('that had begun when the process was killed is found as interrupted', () => {
    runAndKill(`ledger.accept(callOf('1'), 0);`);
    withLedger((ledger) => {
      expect(ledger.interrupted().map(({ callKey }) => callKey)).toEqual(['1']);
      expect(ledger.find('1')).toEqual({ kind: 'running' });
      expect(ledger.accept(callOf('1'), 0)).toBe(false);
    });
  });

  test('keeps its end though the process was killed before that was on disk', () => {
    runAndKill(`ledger.accept(callOf('1'), 0); ledger.finish(endOf('1'));`);
    withLedger((ledger) => {
      expect(ledger.interrupted()).toEqual([]);
      expect(ledger.find('1')).toEqual({ kind: 'finished', end: endOf('1') });
    });
  });

  test('is followed by others after its end is on disk', () => {
    withLedger((ledger) => {
      for (const key of ['1', '2']) {
        expect(ledger.accept(callOf(key), 0)).toBe(true);
        ledger.finish(endOf(key));
        ledger.sync();
        ledger.sync();
      }
      ledger.accept(callOf('3'), 0);
      ledger.finish(endOf('3'));
      ledger.syncSoon(); // it is closed before
    });
    withLedger((ledger) => {
      for (const key of ['2', '3']) {
        expect(ledger.find(key)).toEqual({ kind: 'finished', end: endOf(key) });
      }
    });
  });
});
