import { describe, expect, it, vi } from 'vitest';
import { Tables } from '../../../src/blocks/kit/tables.ts';
import { Timers, type TimerTasks } from '../../../src/blocks/kit/timers.ts';
import { inScratchObject } from './scratch-object.ts';

/** Far enough ahead that the platform itself never rings during a test. */
const NOW = Date.now() + 86_400_000;

type Use = (timers: Timers, storage: DurableObjectStorage) => unknown;

const withTimers = (tasks: TimerTasks, use: Use): Promise<unknown> =>
  inScratchObject(async (storage) => {
    const timers = new Timers(storage, tasks);
    timers.createTable();
    await use(timers, storage);
    await storage.deleteAlarm();
  });

/** What is set again is set for another moment, or the platform would take it for what it has. */
function expectSoonAfter(alarmAt: number | null, dueAt: number): void {
  expect(alarmAt).toBeGreaterThan(dueAt);
  expect(alarmAt).toBeLessThanOrEqual(dueAt + 16);
}

describe('Timers', () => {
  it('keeps the alarm at the earliest timer', () =>
    withTimers({}, async (timers, storage) => {
      timers.set('late', NOW + 200);
      expect(await storage.getAlarm()).toBe(NOW + 200);
      timers.set('early', NOW + 100);
      timers.set('later', NOW + 300);
      expect(await storage.getAlarm()).toBe(NOW + 100);
    }));

  it('runs what is due, in order, and leaves the rest with its alarm', () => {
    const ran: string[] = [];
    const task = (name: string) => async () => void ran.push(name);
    return withTimers({ a: task('a'), b: task('b'), c: task('c') }, async (timers, storage) => {
      timers.set('b', NOW + 2);
      timers.set('a', NOW + 1);
      timers.set('c', NOW + 1_000);
      await timers.alarm(NOW + 2);
      expect(ran).toEqual(['a', 'b']);
      expect([timers.dueAt('a'), timers.dueAt('b')]).toEqual([undefined, undefined]);
      timers.restore();
      expectSoonAfter(await storage.getAlarm(), NOW + 1_000);
    });
  });

  it('rings for nothing after a timer was moved away, and then finds the next', () => {
    const task = vi.fn(async () => {});
    return withTimers({ a: task }, async (timers, storage) => {
      timers.set('a', NOW);
      timers.set('a', NOW + 500);
      await timers.alarm(NOW);
      expect(task).not.toHaveBeenCalled();
      expect(await storage.getAlarm()).toBe(NOW + 500);
      timers.clear('a');
      await timers.alarm(NOW + 500);
      expect(task).not.toHaveBeenCalled();
    });
  });

  it('sets the next alarm before it runs a task, so that a crash in it cannot end all timers', () =>
    inScratchObject(async (storage) => {
      let alarmDuringTask: number | null = null;
      const timers = new Timers(storage, {
        a: async () => {
          alarmDuringTask = await storage.getAlarm();
        },
      });
      timers.createTable();
      timers.set('a', NOW);
      await timers.alarm(NOW);
      expect(alarmDuringTask).toBe(NOW + 1_000);
      await storage.deleteAlarm();
    }));

  it('tries a task that throws again, ever later, and runs the others', () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const other = vi.fn(async () => {});
    const broken = vi.fn(async () => {
      throw new Error('secret of a user');
    });
    return withTimers({ broken, other }, async (timers) => {
      timers.set('broken', NOW);
      timers.set('other', NOW + 1);
      await timers.alarm(NOW + 1);
      expect(other).toHaveBeenCalledTimes(1);
      let now = NOW + 1;
      const delays: number[] = [];
      for (let attempt = 0; attempt < 8; attempt++) {
        const dueAt = timers.dueAt('broken') ?? 0;
        delays.push(dueAt - now);
        now = dueAt;
        await timers.alarm(now);
      }
      expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
      expect(logged.mock.calls.flat().join(' ')).not.toContain('secret');
      logged.mockRestore();
    });
  });

  it('keeps a timer that its own task has set again', () => {
    let timersInTask: Timers | undefined;
    const task = async (): Promise<void> => timersInTask?.set('a', NOW + 700);
    return withTimers({ a: task }, async (timers) => {
      timersInTask = timers;
      timers.set('a', NOW);
      await timers.alarm(NOW);
      expect(timers.dueAt('a')).toBe(NOW + 700);
    });
  });

  it('sets no alarm for a moment that has rung, which the platform would drop with that one', () => {
    let timersInTask: Timers | undefined;
    const task = async (): Promise<void> => timersInTask?.set('a', NOW - 5);
    return withTimers({ a: task }, async (timers, storage) => {
      timersInTask = timers;
      timers.set('a', NOW);
      await timers.alarm(NOW);
      expect(timers.dueAt('a')).toBe(NOW - 5);
      expect(await storage.getAlarm()).toBe(NOW + 1);
    });
  });

  it('leaves an alarm alone that rings early enough', () =>
    withTimers({}, async (timers, storage) => {
      timers.set('a', NOW + 10);
      timers.set('a', NOW + 500);
      expect(await storage.getAlarm()).toBe(NOW + 10);
      timers.clear('a');
      timers.set('b', NOW + 700);
      expect(await storage.getAlarm()).toBe(NOW + 10);
      await timers.alarm(NOW + 10);
      expect(await storage.getAlarm()).toBe(NOW + 700);
    }));

  it('sees to it that a timer is due by a time, and writes nothing if it is', () =>
    withTimers({}, (timers) => {
      timers.setLatest('a', NOW + 10);
      expect(timers.dueAt('a')).toBe(NOW + 10);
      timers.setLatest('a', NOW + 20);
      expect(timers.dueAt('a')).toBe(NOW + 10);
      timers.setLatest('a', NOW + 5);
      expect(timers.dueAt('a')).toBe(NOW + 5);
    }));

  it('keeps a timer that its task sets to a time after the next attempt', () => {
    let timersInTask: Timers | undefined;
    const task = async (): Promise<void> => timersInTask?.setLatest('a', NOW + 60_000);
    return withTimers({ a: task }, async (timers) => {
      timersInTask = timers;
      timers.set('a', NOW);
      await timers.alarm(NOW);
      expect(timers.dueAt('a')).toBe(NOW + 60_000);
    });
  });

  it('sets a lost alarm again when the object starts', () =>
    withTimers({}, async (timers, storage) => {
      timers.set('a', NOW);
      await storage.deleteAlarm();
      new Timers(storage, {}).restore();
      expectSoonAfter(await storage.getAlarm(), NOW);
    }));

  it('retires timers of an object at rest, and puts the alarm off until the next', () =>
    withTimers({}, async (timers, storage) => {
      timers.set('a', NOW + 100);
      timers.set('b', NOW + 200);
      timers.set('c', NOW + 300);
      timers.retire(['a', 'b', 'unknown']);
      expect([timers.dueAt('a'), timers.dueAt('b'), timers.dueAt('c')]).toEqual([
        ...[undefined, undefined],
        NOW + 300,
      ]);
      expect(await storage.getAlarm()).toBe(NOW + 300);
      timers.retire(['c']);
      expect(await storage.getAlarm()).toBeNull();
      timers.set('a', NOW + 400);
      expect(await storage.getAlarm()).toBe(NOW + 400);
    }));

  it('sets no alarm for an object without timers', () =>
    withTimers({}, async (timers, storage) => {
      timers.restore();
      expect(await storage.getAlarm()).toBeNull();
    }));

  it('forgets a timer whose transaction was rolled back', () => {
    const task = vi.fn(async () => {});
    return withTimers({ a: task }, async (timers, storage) => {
      expect(() =>
        storage.transactionSync(() => {
          timers.set('a', NOW);
          throw new Error('no');
        }),
      ).toThrow('no');
      timers.forget();
      expect(await storage.getAlarm()).toBeNull();
      timers.set('a', NOW + 50);
      expect(await storage.getAlarm()).toBe(NOW + 50);
      await timers.alarm(NOW);
      expect(task).not.toHaveBeenCalled();
    });
  });

  it('bears a task that wipes the storage, and an alarm that rings after it', () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    return inScratchObject(async (storage) => {
      const timers = new Timers(storage, { wipe: () => storage.deleteAll() });
      timers.createTable();
      timers.set('wipe', NOW);
      timers.set('other', NOW);
      await timers.alarm(NOW);
      await timers.alarm(NOW);
      expect(await storage.getAlarm()).toBeNull();
      expect(logged).not.toHaveBeenCalled();
      logged.mockRestore();
    });
  });

  it('drops a timer that no task answers to any more', () =>
    withTimers({}, async (timers) => {
      timers.set('retired', NOW);
      await timers.alarm(NOW);
      expect(timers.dueAt('retired')).toBeUndefined();
    }));

  it('makes its table with the first timer, if it is told which tables there are', () =>
    inScratchObject(async (storage) => {
      const tables = new Tables(storage.sql);
      const timers = new Timers(storage, {}, tables);
      timers.restore();
      await timers.alarm(NOW);
      expect([timers.dueAt('a'), tables.has('timers')]).toEqual([undefined, false]);
      timers.set('a', NOW + 100);
      expect([timers.dueAt('a'), await storage.getAlarm()]).toEqual([NOW + 100, NOW + 100]);
      await storage.deleteAlarm();
    }));
});

describe('Timers.ringBy()', () => {
  it('sets the alarm though no timer is due, and never later than one that is', () =>
    withTimers({}, async (timers, storage) => {
      timers.ringBy(NOW + 200);
      expect(await storage.getAlarm()).toBe(NOW + 200);
      timers.set('early', NOW + 100);
      timers.ringBy(NOW + 300);
      expect(await storage.getAlarm()).toBe(NOW + 100);
      timers.forget();
      timers.ringBy(NOW + 400);
      expect(await storage.getAlarm()).toBe(NOW + 100);
    }));

  it('is kept when an earlier timer has rung', () =>
    withTimers({ early: async () => {} }, async (timers, storage) => {
      timers.set('early', NOW + 100);
      timers.ringBy(NOW + 200);
      await timers.alarm(NOW + 100);
      expect(await storage.getAlarm()).toBe(NOW + 200);
    }));

  it('holds for one ring', () =>
    withTimers({}, async (timers, storage) => {
      timers.ringBy(NOW + 100);
      await storage.deleteAlarm();
      await timers.alarm(NOW + 100);
      expect(await storage.getAlarm()).toBeNull();
      timers.ringBy(NOW + 300);
      expect(await storage.getAlarm()).toBe(NOW + 300);
    }));

  it('holds when it is promised within a task whose timer is done with that', () => {
    const tasks = { work: async () => promise() };
    let promise = () => {};
    return withTimers(tasks, async (timers, storage) => {
      promise = () => timers.ringBy(NOW + 5_000);
      timers.set('work', NOW);
      await timers.alarm(NOW);
      expect(await storage.getAlarm()).not.toBeNull();
      // It may ring early, for the repetition that was not needed; what was promised comes after.
      await timers.alarm(NOW + 1_000);
      expect(await storage.getAlarm()).toBe(NOW + 5_000);
    });
  });
});
