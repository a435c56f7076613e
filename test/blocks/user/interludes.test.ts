import { describe, expect, it } from 'vitest';
import { Interludes } from '../../../src/blocks/user/interludes.ts';

const idle = () => undefined;

describe('interludes', () => {
  it('wait for what is going on, and keep anything new from beginning', async () => {
    const interludes = new Interludes();
    const message = Promise.withResolvers<void>();
    const done: string[] = [];
    const ran = interludes.run({
      busy: () => message.promise,
      task: async () => done.push('task'),
      waitMs: 10_000,
    });
    expect(interludes.isWanted).toBe(true);
    await Promise.resolve();
    expect(done).toEqual([]);
    message.resolve();
    await ran;
    expect([done, interludes.isWanted]).toEqual([['task'], false]);
  });

  it('are run one at a time, in their order', async () => {
    const interludes = new Interludes();
    const done: string[] = [];
    const run = (name: string) =>
      interludes.run({
        busy: idle,
        task: async () => {
          done.push(`${name} begins`);
          await new Promise((resolve) => setTimeout(resolve, 5));
          done.push(`${name} ends`);
        },
        waitMs: 10_000,
      });
    await Promise.all([run('a'), run('b')]);
    expect(done).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('that wait too long are never run, and hold up nobody', async () => {
    const interludes = new Interludes();
    const done: string[] = [];
    const late = await interludes.run({
      busy: () => new Promise<void>(() => {}),
      task: async () => done.push('late'),
      waitMs: 5,
    });
    expect([late, done, interludes.isWanted]).toEqual([undefined, [], false]);
    await interludes.run({ busy: idle, task: async () => done.push('next'), waitMs: 10_000 });
    expect(done).toEqual(['next']);
  });

  it('that fail hold up nobody either', async () => {
    const interludes = new Interludes();
    const failing = interludes.run({
      busy: idle,
      task: () => Promise.reject(new Error('no')),
      waitMs: 10_000,
    });
    await expect(failing).rejects.toThrow('no');
    expect(interludes.isWanted).toBe(false);
    expect(await interludes.run({ busy: idle, task: async () => 1, waitMs: 10_000 })).toBe(1);
  });
});
