import { expect, test } from 'vitest';
import { OrderedWork, type Progress } from '../../../src/blocks/channel/ordered-work.ts';

/** Work that ends when the test says so. */
function createWork(maxAtOnce: number, maxOfChannel = maxAtOnce) {
  const begun: number[] = [];
  const ends = new Map<number, (progress: Progress) => void>();
  let now = 0;
  const work = new OrderedWork({
    now: () => now,
    maxAtOnce: () => maxAtOnce,
    maxOfChannel: () => maxOfChannel,
    onProgress: () => work.resume(),
    run: (id) => {
      begun.push(id);
      return new Promise((resolve) => ends.set(id, resolve));
    },
  });
  const end = async (id: number, progress: Progress = 'done') => {
    ends.get(id)?.(progress);
    await new Promise((resolve) => setTimeout(resolve));
  };
  const pass = (ms: number) => {
    now += ms;
    work.resume();
  };
  return { work, begun, end, pass };
}

test('a lane does one piece after the other, and lanes do not wait for each other', async () => {
  const { work, begun, end } = createWork(4);
  for (const [lane, id] of [
    ['a', 1],
    ['a', 2],
    ['b', 3],
  ] as const)
    work.add('shop', lane, id);
  work.resume();
  expect(begun).toEqual([1, 3]);
  await end(1);
  expect(begun).toEqual([1, 3, 2]);
});

test('no more lanes than allowed are worked on at once', async () => {
  const { work, begun, end } = createWork(2);
  for (const id of [1, 2, 3]) work.add('shop', `lane ${id}`, id);
  work.resume();
  expect(begun).toEqual([1, 2]);
  await end(2);
  expect(begun).toEqual([1, 2, 3]);
});

test('what waits keeps its lane and gives its place away until its time has come', async () => {
  const { work, begun, end, pass } = createWork(1);
  for (const [lane, id] of [
    ['a', 1],
    ['a', 2],
    ['b', 3],
  ] as const)
    work.add('shop', lane, id);
  work.resume();
  await end(1, { again: 100 });
  expect([begun, work.nextAt()]).toEqual([[1, 3], 100]);
  await end(3);
  pass(99);
  expect(begun).toEqual([1, 3]);
  pass(1);
  expect([begun, work.nextAt()]).toEqual([[1, 3, 1], undefined]);
});

test('channels take turns, however much one of them has to do', async () => {
  const { work, begun, end } = createWork(1);
  for (const id of [1, 2, 3]) work.add('busy', `busy ${id}`, id);
  work.add('calm', 'calm', 4);
  work.resume();
  await end(1);
  await end(4);
  await end(2);
  expect(begun).toEqual([1, 4, 2, 3]);
});

test('a channel that gets nothing done leaves places to the others', async () => {
  const { work, begun, end } = createWork(4, 2);
  for (const id of [1, 2, 3]) work.add('dead', `dead ${id}`, id);
  work.resume();
  expect(begun).toEqual([1, 2]);
  for (const id of [4, 5, 6]) work.add('alive', `alive ${id}`, id);
  work.resume();
  await end(4);
  expect(begun).toEqual([1, 2, 4, 5, 6]);
  await end(1);
  expect(begun).toEqual([1, 2, 4, 5, 6, 3]);
});
