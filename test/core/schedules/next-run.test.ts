import { describe, expect, test } from 'vitest';
import { isTimeZone, nextRunOf } from '../../../src/core/schedules/next-run.ts';
import { planRun } from '../../../src/core/schedules/plan-run.ts';
import { scheduleSchema } from '../../../src/core/schedules/schedule-spec.ts';

const at = (text: string) => Date.parse(text);
const next = (cron: string, timeZone: string, after: string) => {
  const moment = nextRunOf({ cron, timeZone }, at(after));
  return moment === undefined ? undefined : new Date(moment).toISOString();
};

describe('nextRunOf()', () => {
  test('is always later than the moment to count from', () => {
    expect(next('0 * * * *', 'UTC', '2026-11-22T10:00:00Z')).toBe('2026-11-22T11:00:00.000Z');
    expect(next('0 * * * *', 'UTC', '2026-11-22T09:59:59.999Z')).toBe('2026-11-22T10:00:00.000Z');
    expect(nextRunOf({ at: 5 }, 4)).toBe(5);
    expect(nextRunOf({ at: 5 }, 5)).toBeUndefined();
  });

  test('goes by the local time of the zone, through changes of the clock', () => {
    const nine = (after: string) => next('0 9 * * *', 'Europe/Berlin', after);
    expect(nine('2026-10-24T08:00:00Z')).toBe('2026-10-25T08:00:00.000Z');
    expect(nine('2026-10-23T08:00:00Z')).toBe('2026-10-24T07:00:00.000Z');
    // 02:30 does not exist on the day on which summer time begins, and comes twice when it ends.
    const half = (after: string) => next('30 2 * * *', 'Europe/Berlin', after);
    expect(half('2027-03-27T12:00:00Z')).toBe('2027-03-28T01:00:00.000Z');
    const first = half('2026-10-24T12:00:00Z') ?? '';
    expect(half(first)).toBe('2026-10-26T01:30:00.000Z');
  });

  test('gives each time of the clock one run where hours come twice, and those that are skipped one together', () => {
    const runs = (cron: string, after: string, zone = 'Europe/Berlin') => {
      const moments: string[] = [];
      for (let last = after; moments.length < 4; ) {
        last = next(cron, zone, last) ?? 'never';
        moments.push(last.slice(5, 16));
      }
      return moments;
    };
    const [fall, spring] = ['2026-10-24T12:00:00Z', '2027-03-27T12:00:00Z'];
    const firstOnly = ['10-25T00:00', '10-25T00:30', '10-26T01:00', '10-26T01:30'];
    expect(runs('0,30 2 * * *', fall)).toEqual(firstOnly);
    expect(runs('*/30 2 * * *', fall)).toEqual(firstOnly);
    expect(runs('0 2,3 * * *', fall)).toEqual([
      ...['10-25T00:00', '10-25T02:00', '10-26T01:00', '10-26T02:00'],
    ]);
    const together = ['03-28T01:00', '03-29T00:00', '03-29T00:30', '03-30T00:00'];
    expect(runs('0,30 2 * * *', spring)).toEqual(together);
    expect(runs('15 2 * * *', '2026-10-03T00:00:00Z', 'Australia/Lord_Howe')[0]).toBe(
      '10-03T15:30',
    );
    // What is due in every hour goes on in every hour.
    const hours = ['10-25T00:00', '10-25T01:00', '10-25T02:00', '10-25T03:00'];
    for (const every of ['*', '*/1', '0-23', '0-23/1']) {
      expect(runs(`0 ${every} * * *`, '2026-10-24T23:30:00Z')).toEqual(hours);
    }
  });

  test.each(['0 0 31 2 *', '* * * *', '* * * * * *', '60 * * * *', 'every day', '@daily@', ''])(
    'is never for %j',
    (cron) => expect(next(cron, 'UTC', '2026-01-01T00:00:00Z')).toBeUndefined(),
  );

  test('knows the zones of the platform and no others', () => {
    expect([isTimeZone('Europe/Berlin'), isTimeZone('UTC')]).toEqual([true, true]);
    expect([isTimeZone('Mars/Olympus'), isTimeZone('')]).toEqual([false, false]);
  });
});

describe('planRun()', () => {
  const due = { when: { cron: '0 * * * *', timeZone: 'UTC' }, graceMs: 60_000, isRunning: false };
  const dueAt = at('2026-11-22T10:00:00Z');

  test('runs on time, and after a pause only where that is wanted', () => {
    const late = dueAt + 60_001;
    for (const missed of ['skip', 'once'] as const) {
      expect(planRun({ ...due, missed, dueAt }, dueAt + 60_000).decision).toBe('run');
    }
    expect(planRun({ ...due, missed: 'skip', dueAt }, late).decision).toBe('missed');
    expect(planRun({ ...due, missed: 'once', dueAt }, late).decision).toBe('run');
  });

  test('makes up for however many moments at most once', () => {
    const days = dueAt + 3 * 86_400_000;
    const { decision, nextAt } = planRun({ ...due, missed: 'once', dueAt }, days);
    expect(decision).toBe('run');
    expect(nextAt).toBe(at('2026-11-25T11:00:00Z'));
  });

  test('never begins while the last run is not over, and a single moment has no next one', () => {
    const single = { ...due, when: { at: dueAt }, missed: 'once' as const, dueAt };
    expect(planRun({ ...single, isRunning: true }, dueAt)).toEqual({ decision: 'overlap' });
    expect(planRun(single, dueAt)).toEqual({ decision: 'run' });
  });
});

describe('scheduleSchema', () => {
  const spec = {
    name: 'morning',
    when: { cron: '0 9 * * 1-5' },
    input: 'Count the words in: good morning',
    capabilities: ['tool:call:text-stats'],
  };
  const reads = (change: object) => scheduleSchema.safeParse({ ...spec, ...change }).success;

  test('takes what is complete, and says what the rest is', () => {
    expect(scheduleSchema.parse(spec)).toMatchObject({
      when: { timeZone: 'UTC' },
      session: 'fresh',
      missed: 'once',
    });
  });

  test('says of a wrong time zone that it is that which is wrong', () => {
    const read = scheduleSchema.safeParse({
      ...spec,
      when: { cron: '0 9 * * *', timeZone: 'Berlin' },
    });
    expect(read.error?.issues.map(({ path }) => path)).toEqual([['when', 'timeZone']]);
  });

  test.each([
    { name: 'Morning' },
    { name: `a${'b'.repeat(50)}` },
    { when: { cron: '0 0 31 2 *' } },
    { when: { cron: '0 9 * * *', timeZone: 'Mars/Olympus' } },
    { when: { cron: '0 9 * * *', at: 5 } },
    { when: { at: -1 } },
    { input: '' },
    { input: 'a'.repeat(65_537) },
    { graceMs: 999 },
    { budget: { tokens: -1 } },
    { owner: 'somebody' },
  ])('refuses %j', (change) => expect(reads(change)).toBe(false));

  test.each([
    { name: `a${'b'.repeat(49)}` },
    { input: 'a'.repeat(65_536) },
    { graceMs: 1_000 },
    { budget: { tokens: 0 } },
    { when: { at: 0 } },
  ])('takes %o', (change) => expect(reads(change)).toBe(true));
});
