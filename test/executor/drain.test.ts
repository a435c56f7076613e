import { describe, expect, test } from 'vitest';
import { makeCall, openScene } from './support/desk.ts';

/** A desk with one slot, whose programs run until they are let go. */
async function openGated() {
  const gate = Promise.withResolvers<void>();
  const scene = await openScene({
    policy: 'slots = 1',
    run: async () => {
      await gate.promise;
      return { outcome: 'ok', output: 'ran', truncated: false };
    },
  });
  const [first, second] = [await makeCall(scene.gateway), await makeCall(scene.gateway)];
  for (const call of [first, second]) scene.desk.take({ kind: 'call', ...call });
  await expect.poll(() => scene.jobs.length).toBe(1);
  return { scene, first, second, open: gate.resolve };
}

describe('a desk that is drained', () => {
  test('gives back what waits for a slot at once, and lets what runs come to its end', async () => {
    const { scene, first, second, open } = await openGated();
    const drained = scene.desk.drain(10_000);
    await expect.poll(() => scene.givenBack).toEqual([second.callKey]);
    open();
    await drained;
    expect(scene.answers.map(({ callKey }) => callKey)).toEqual([first.callKey]);
    expect(scene.jobs).toHaveLength(1);

    const later = await scene.reborn();
    expect(later.answers).toEqual([]); // nothing was interrupted
    expect(await later.offer(second)).toBe('ok');
    expect(later.jobs).toHaveLength(1);
    later.dispose();
  });

  test('gives back what comes, or comes just before', async () => {
    const { scene, open } = await openGated();
    const [before, after] = [await makeCall(scene.gateway), await makeCall(scene.gateway)];
    scene.desk.take({ kind: 'call', ...before });
    const drained = scene.desk.drain(10_000);
    scene.desk.take({ kind: 'call', ...after });
    const both = expect.arrayContaining([before.callKey, after.callKey]);
    await expect.poll(() => scene.givenBack).toEqual(both);
    open();
    await drained;
    expect(scene.jobs).toHaveLength(1);
    scene.dispose();
  });

  test('ends what has not come to its end in time', async () => {
    const { scene } = await openGated();
    const { jobs } = scene;
    const aborted = new Promise((resolve) => jobs[0]?.signal.addEventListener('abort', resolve));
    void scene.desk.drain(0);
    await aborted;
    scene.dispose();
  });
});
