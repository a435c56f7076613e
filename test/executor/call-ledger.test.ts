import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  LEDGER_KEEPS_MS,
  ledgerIdentitySchema,
  MAX_EARLIER_LIVES,
} from '../../src/core/executor-protocol/ledger-identity.ts';
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

/** Two calls are left by one start of the machine, and looked at in another: that one ran may be lost. */
function liveTwice(boot: string, laterBoot: string) {
  const before = new CallLedger(path, undefined, boot);
  before.accept(callOf('prepared'), 0);
  before.accept(callOf('waits'), 0, 'waiting');
  before.close();
  const after = new CallLedger(path, undefined, laterBoot);
  const forgotten = after.forgetUnstarted();
  const interrupted = after.interrupted().map(({ callKey }) => callKey);
  after.close();
  return { forgotten, interrupted };
}

/** Frames of a write-ahead log that end a transaction: they say how large the database is then. */
function countCommits(wal: string): number {
  const log = readFileSync(wal);
  const frameBytes = 24 + log.readUInt32BE(8);
  let commits = 0;
  for (let frame = 32; frame < log.length; frame += frameBytes) {
    if (log.readUInt32BE(frame + 4) > 0) commits += 1;
  }
  return commits;
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

test('a ledger is read by its owner alone, whoever reads the folder that it lies in', () => {
  chmodSync(folder, 0o755);
  const modes = () =>
    readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o077]);
  withLedger((ledger) => {
    ledger.accept(callOf('one'), 1);
    expect(modes()).toEqual(expect.arrayContaining([['ledger.sqlite-wal', 0]]));
    for (const [, others] of modes()) expect(others).toBe(0);
  });
  chmodSync(path, 0o644); // as one was left by an earlier version
  withLedger(() => expect(statSync(path).mode & 0o077).toBe(0));
});

test('so is what a crash left beside it', () => {
  runAndKill(`ledger.accept(callOf('begun'), 1);`);
  const left = readdirSync(folder).map((name) => join(folder, name));
  for (const file of left) chmodSync(file, 0o644);
  withLedger((ledger) => {
    expect(left.length).toBeGreaterThan(1);
    for (const file of left) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(ledger.find('begun')).toMatchObject({ kind: 'running' });
  });
});

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
      expect(ledger.find('1')).toMatchObject({ kind: 'running' });
      expect(ledger.accept(callOf('1'), 0)).toBe(false);
    });
  });

  test('that waited when the process was killed is forgotten, so that its ticket can come again', () => {
    runAndKill(`
      for (const key of ['waits', 'begins', 'ends']) ledger.accept(callOf(key), 0, 'waiting');
      ledger.prepare('begins');
      ledger.begin('begins');
      ledger.finish(endOf('ends'));`);
    withLedger((ledger) => {
      expect(ledger.forgetUnstarted()).toBe(1);
      expect(ledger.interrupted().map(({ callKey }) => callKey)).toEqual(['begins']);
      expect(ledger.find('ends')).toMatchObject({ kind: 'finished' });
      expect(ledger.accept(callOf('waits'), 0)).toBe(true);
    });
  });

  test('whose program was not let run when the process was killed is forgotten as well', () => {
    runAndKill(`
      for (const key of ['prepared', 'runs', 'given back']) ledger.accept(callOf(key), 0);
      ledger.accept(callOf('waited'), 0, 'waiting');
      ledger.prepare('waited');
      ledger.begin('runs');
      ledger.giveBack('given back');`);
    withLedger((ledger) => {
      expect(ledger.forgetUnstarted()).toBe(2);
      expect(ledger.interrupted().map(({ callKey }) => callKey)).toEqual(['runs']);
      expect(ledger.find('prepared')).toBeUndefined();
      expect(ledger.find('waited')).toBeUndefined();
    });
  });

  test('is not taken for one that was not let run once the machine was started anew', () => {
    const { forgotten, interrupted } = liveTwice(randomUUID(), randomUUID());
    expect([forgotten, interrupted]).toEqual([1, ['prepared']]);
  });

  test('nor where it cannot be told whether it was', () => {
    const { forgotten, interrupted } = liveTwice('', ''); // so it reads where it is hidden
    expect([forgotten, interrupted]).toEqual([1, ['prepared']]);
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

describe('an end that is not on disk yet', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  test('goes there by a timer, and for none that a call has taken along before', () => {
    withLedger((ledger) => {
      ledger.accept(callOf('1'), 0);
      ledger.finish(endOf('1'));
      ledger.syncSoon();
      expect(vi.getTimerCount()).toBe(1);
      ledger.accept(callOf('2'), 0);
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  test('waits for its own timer where its ticket comes again, or nothing is given back', () => {
    withLedger((ledger) => {
      ledger.accept(callOf('1'), 0);
      ledger.finish(endOf('1'));
      ledger.syncSoon();
      expect(ledger.accept(callOf('1'), 0)).toBe(false);
      ledger.giveBack('2');
      expect(vi.getTimerCount()).toBe(1);
    });
  });
});

describe('a ledger', () => {
  test('names each of its lives, and those before it', () => {
    const names = [1, 2, 3].map(() => withLedger(({ identity }) => identity));
    const [first = '', second = '', third = ''] = names.map(({ life }) => life);
    expect(names.map(({ earlier }) => earlier)).toEqual([[], [first], [second, first]]);
    expect(new Set([first, second, third]).size).toBe(3);
  });

  test('that is killed at once has named this life', () => {
    runAndKill('');
    expect(withLedger(({ identity }) => identity.earlier)).toHaveLength(1);
  });

  test('names so many of its lives and no more', () => {
    const count = MAX_EARLIER_LIVES + 2;
    const lives = Array.from({ length: count }, () => withLedger(({ identity }) => identity));
    expect(lives.map(({ earlier }) => earlier.length)).toEqual(
      lives.map((_, at) => Math.min(at, MAX_EARLIER_LIVES)),
    );
    expect(lives.at(-1)?.earlier[0]).toBe(lives.at(-2)?.life);
    for (const identity of lives)
      expect(ledgerIdentitySchema.safeParse(identity).success).toBe(true);
  });
});

describe('a ledger that is swept', () => {
  const HOUR_MS = 3_600_000;
  const outputOf = (ledger: CallLedger, key: string) => {
    const entry = ledger.find(key);
    return entry?.kind === 'finished' ? entry.end.output : entry?.kind;
  };

  test('keeps outputs for two hours, and ends for a day', () => {
    withLedger((ledger) => {
      for (const key of ['1', '2']) {
        ledger.accept(callOf(key), key === '1' ? 0 : 2 * LEDGER_KEEPS_MS);
        ledger.finish(endOf(key));
      }
      ledger.sweep(2 * HOUR_MS);
      expect(outputOf(ledger, '1')).toBe('o');
      ledger.sweep(2 * HOUR_MS + 1);
      expect(ledger.find('1')).toMatchObject({ kind: 'finished' });
      expect(outputOf(ledger, '1')).toBeUndefined();
      ledger.sweep(LEDGER_KEEPS_MS);
      expect(ledger.find('1')).toBeDefined();
      ledger.sweep(LEDGER_KEEPS_MS + 1);
      expect(ledger.find('1')).toBeUndefined();
      expect(outputOf(ledger, '2')).toBe('o');
    });
  });

  test('keeps no more outputs than it has room for, in this life and the next, and the newest', () => {
    const end = (ledger: CallLedger, key: string, output: string) => {
      ledger.accept(callOf(key), 3 * HOUR_MS + Number(key));
      ledger.finish({ ...endOf(key), output });
    };
    const withRoom = (use: (ledger: CallLedger) => void) => {
      const ledger = new CallLedger(path, 10);
      use(ledger);
      ledger.close();
    };
    withRoom((ledger) => {
      end(ledger, '1', 'four');
      end(ledger, '2', 'five!');
      expect(outputOf(ledger, '1')).toBe('four');
      end(ledger, '3', 'ü');
      expect(outputOf(ledger, '1')).toBeUndefined();
      expect(ledger.find('1')).toMatchObject({ kind: 'finished' });
    });
    withRoom((ledger) => {
      end(ledger, '4', 'six six');
      expect(['2', '3', '4'].map((key) => outputOf(ledger, key))).toEqual([
        undefined,
        'ü',
        'six six',
      ]);
      ledger.sweep(5 * HOUR_MS + 5); // takes all of them: there is room again
      end(ledger, '5', 'ten of it.');
      expect(outputOf(ledger, '5')).toBe('ten of it.');
    });
  });

  test('makes room in one change, however many outputs an executor of before has left there', () => {
    const commitsAtStart = (outputs: number) => {
      withLedger((ledger) => {
        for (let key = 0; key < outputs; key++) {
          ledger.accept(callOf(`${outputs}/${key}`), key);
          ledger.finish(endOf(`${outputs}/${key}`));
        }
      });
      const ledger = new CallLedger(path, 1);
      const commits = countCommits(`${path}-wal`);
      ledger.close();
      return commits;
    };
    expect(commitsAtStart(20)).toBe(commitsAtStart(2));
  });

  test('forgets no call for a clock that has jumped ahead, and none that is under way', () => {
    withLedger((ledger) => {
      ledger.accept(callOf('1'), 0);
      ledger.finish(endOf('1'));
      ledger.accept(callOf('open'), 0);
      ledger.sweep(1_000 * LEDGER_KEEPS_MS);
      expect(ledger.find('1')).toBeDefined();
      ledger.accept(callOf('2'), LEDGER_KEEPS_MS + 1);
      ledger.sweep(1_000 * LEDGER_KEEPS_MS);
      expect(ledger.find('1')).toBeUndefined();
      expect(ledger.find('open')).toMatchObject({ kind: 'running' });
    });
  });
});
