import { describe, expect, test } from 'vitest';
import {
  MAX_CALLS_INSIDE,
  MAX_CALLS_OF_ONE_PLUGIN,
  MAX_REST_MS,
  type Pass,
  restAfter,
  Turnstile,
} from '../../../src/tiers/wasm/turnstile.ts';

/** Lets everything that can happen by itself happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

const NEVER = new Promise<never>(() => {});

/** Enters in the background and notes the name when it is let in. Each name is a plugin of its own. */
function enter(turnstile: Turnstile, name: string, log: string[], plugin = name): Promise<Pass> {
  return turnstile.enter(plugin, NEVER).then((pass) => {
    if (pass === undefined) throw new Error(`${name} gave up`);
    log.push(name);
    return pass;
  });
}

describe('Turnstile', () => {
  test('lets one call run at a time, in the order of arrival', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const [first, second, third] = ['a', 'b', 'c'].map((name) => enter(turnstile, name, log));
    await settle();
    expect(log).toEqual(['a']);
    (await first)?.leave();
    await settle();
    expect(log).toEqual(['a', 'b']);
    (await second)?.leave();
    await third;
    expect(log).toEqual(['a', 'b', 'c']);
  });

  test('lets another call run while one waits for its host', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const first = await enter(turnstile, 'a', log);
    const second = enter(turnstile, 'b', log);
    first.pause();
    await second;
    expect(log).toEqual(['a', 'b']);
  });

  test('lets a call that comes back run before one that is new', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const first = await enter(turnstile, 'a', log);
    first.pause();
    const second = await enter(turnstile, 'b', log);
    const third = enter(turnstile, 'c', log);
    const back = first.resume().then(() => log.push('a again'));
    second.leave();
    await back;
    expect(log).toEqual(['a', 'b', 'a again']);
    first.leave();
    await third;
  });

  test('lets in no more calls than may be on their way', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const passes: Pass[] = [];
    for (let index = 0; index < MAX_CALLS_INSIDE; index++) {
      const pass = await enter(turnstile, `x${index}`, log);
      pass.pause();
      passes.push(pass);
    }
    const last = enter(turnstile, 'last', log);
    await settle();
    expect(log).not.toContain('last');
    passes[0]?.leave();
    await last;
    expect(log.at(-1)).toBe('last');
  });

  test('lets nobody wait for a call that left while it was to come back', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const first = await enter(turnstile, 'a', log);
    first.pause();
    const second = await enter(turnstile, 'b', log);
    const back = first.resume();
    first.leave();
    await back;
    second.leave();
    await enter(turnstile, 'c', log);
    expect(log).toEqual(['a', 'b', 'c']);
  });

  test('takes repeated and late calls of a pass for nothing', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const first = await enter(turnstile, 'a', log);
    await first.resume();
    first.pause();
    first.pause();
    first.leave();
    first.leave();
    first.pause();
    await first.resume();
    const second = await enter(turnstile, 'b', log);
    const third = enter(turnstile, 'c', log);
    await settle();
    expect(log).toEqual(['a', 'b']);
    second.leave();
    await third;
  });
});

describe('Turnstile, between plugins', () => {
  test('lets them in by turns, however many calls of one of them came first', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const first = await enter(turnstile, 'a0', log, 'a');
    const passes = [
      ...['a1', 'a2', 'a3'].map((name) => enter(turnstile, name, log, 'a')),
      ...['b1', 'b2'].map((name) => enter(turnstile, name, log, 'b')),
      enter(turnstile, 'c1', log, 'c'),
    ];
    first.leave();
    for (const pass of passes) void pass.then((entered) => entered.leave());
    await Promise.all(passes);
    expect(log).toEqual(['a0', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  test(`keeps room for others: ${MAX_CALLS_OF_ONE_PLUGIN} calls of one plugin wait at most`, async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const passes: Pass[] = [];
    for (let index = 0; index < MAX_CALLS_OF_ONE_PLUGIN; index++) {
      const pass = await enter(turnstile, `a${index}`, log, 'a');
      pass.pause();
      passes.push(pass);
    }
    const another = enter(turnstile, 'a too many', log, 'a');
    const other = await enter(turnstile, 'b', log);
    other.leave();
    await settle();
    expect(log.at(-1)).toBe('b');
    passes[0]?.leave();
    await another;
    expect(log.at(-1)).toBe('a too many');
  });
});

describe('Turnstile, for a call whose time is over', () => {
  test('lets it go while it waits, and forgets it', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const first = await enter(turnstile, 'a', log);
    const over = Promise.withResolvers<void>();
    const waiting = turnstile.enter('b', over.promise);
    const behind = enter(turnstile, 'c', log);
    over.resolve();
    expect(await waiting).toBeUndefined();
    first.leave();
    await behind;
    expect(log).toEqual(['a', 'c']);
  });

  test('leaves the others of its plugin in their order', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const first = await enter(turnstile, 'a0', log, 'a');
    const over = Promise.withResolvers<void>();
    const one = enter(turnstile, 'a1', log, 'a');
    const gone = turnstile.enter('a', over.promise);
    const two = enter(turnstile, 'a2', log, 'a');
    over.resolve();
    expect(await gone).toBeUndefined();
    first.leave();
    (await one).leave();
    (await two).leave();
    expect(log).toEqual(['a0', 'a1', 'a2']);
  });

  test('takes nothing from it once it runs', async () => {
    const turnstile = new Turnstile();
    const over = Promise.withResolvers<void>();
    const pass = await turnstile.enter('a', over.promise);
    over.resolve();
    await settle();
    const log: string[] = [];
    const next = enter(turnstile, 'b', log);
    await settle();
    expect(log).toEqual([]);
    pass?.leave();
    await next;
  });
});

describe('Turnstile, after much work', () => {
  const MUCH = 1_000_000_000;
  const compute = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  test('leaves the thread to others for a while', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const first = await enter(turnstile, 'a', log);
    await compute(30);
    const endedAt = Date.now();
    first.leave(MUCH);
    await enter(turnstile, 'b', log);
    expect(Date.now() - endedAt).toBeGreaterThanOrEqual(50);
  });

  test('does so when a call begins to wait for its host, too', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const first = await enter(turnstile, 'a', log);
    await compute(60);
    const pausedAt = Date.now();
    first.pause();
    await enter(turnstile, 'b', log);
    expect(Date.now() - pausedAt).toBeGreaterThanOrEqual(90);
  });

  test('does not rest after a call that was light, or that only waited', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    (await enter(turnstile, 'a', log)).leave(MUCH);
    const second = await enter(turnstile, 'b', log);
    second.pause();
    await compute(30);
    second.leave(MUCH);
    const third = enter(turnstile, 'c', log);
    for (let turns = 0; turns < 4; turns++) await undefined;
    expect(log).toEqual(['a', 'b', 'c']);
    (await third).leave();
  });

  test('rests by fuel and by time, whichever says less, and not for ever', () => {
    expect(restAfter(4_999_999, 1_000)).toBe(0);
    expect(restAfter(5_000_000, 1_000)).toBe(5);
    expect(restAfter(MUCH, 9)).toBe(0);
    expect(restAfter(MUCH, 10)).toBe(20);
    expect(restAfter(MUCH, 1_000)).toBe(MAX_REST_MS);
  });
});
