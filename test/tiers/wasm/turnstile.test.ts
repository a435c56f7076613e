import { describe, expect, test } from 'vitest';
import { MAX_CALLS_INSIDE, type Pass, Turnstile } from '../../../src/tiers/wasm/turnstile.ts';

/** Lets everything that can happen by itself happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Enters in the background and notes the name when it is let in. */
function enter(turnstile: Turnstile, name: string, log: string[]): Promise<Pass> {
  return turnstile.enter().then((pass) => {
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
      const pass = await enter(turnstile, 'x', log);
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
