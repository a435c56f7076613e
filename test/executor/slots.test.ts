import { describe, expect, test } from 'vitest';
import { Slots } from '../../src/executor/slots.ts';

const NEVER = new AbortController().signal;

describe('Slots', () => {
  test('gives as many as there are, and the next in the order in which they were asked for', async () => {
    const slots = new Slots(2);
    const order: string[] = [];
    const take = async (name: string) => {
      const leave = await slots.take(NEVER);
      order.push(name);
      return leave;
    };
    const [first, second] = [await take('a'), await take('b')];
    const waiting = [take('c'), take('d')];
    await Promise.resolve();
    expect(order).toEqual(['a', 'b']);
    second?.();
    await waiting[0];
    first?.();
    await waiting[1];
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  test('takes a slot back once, however often it is given', async () => {
    const slots = new Slots(1);
    const leave = await slots.take(NEVER);
    leave?.();
    leave?.();
    await slots.take(NEVER);
    let isTaken = false;
    void slots.take(NEVER).then(() => {
      isTaken = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isTaken).toBe(false);
  });

  test('gives nothing to whoever has given up, and passes him over', async () => {
    const slots = new Slots(1);
    const leave = await slots.take(NEVER);
    const abort = new AbortController();
    const given = slots.take(abort.signal);
    const next = slots.take(NEVER);
    abort.abort();
    expect(await given).toBeUndefined();
    leave?.();
    expect(await next).toBeDefined();
    expect(await slots.take(AbortSignal.abort())).toBeUndefined();
  });

  test('loses no slot that is given to somebody just as he gives up', async () => {
    const slots = new Slots(1);
    const leave = await slots.take(NEVER);
    const abort = new AbortController();
    const given = slots.take(abort.signal);
    leave?.();
    abort.abort();
    (await given)?.();
    expect(slots.takeFree()).toBeDefined();
  });
});
