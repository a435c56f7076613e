import { describe, expect, test } from 'vitest';
import { makeCall, openGated, openScene } from './support/desk.ts';

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

describe('a desk that is killed', () => {
  test('has not begun what it had not let run yet, and lets each of it run once', async () => {
    const gate = Promise.withResolvers<never>();
    const scene = await openScene({ startsAtOnce: false, run: () => gate.promise });
    const [prepared, begun] = [await makeCall(scene.gateway), await makeCall(scene.gateway)];
    for (const call of [prepared, begun]) scene.desk.take({ kind: 'call', ...call });
    await expect.poll(() => scene.jobs.length).toBe(2);
    scene.jobs.find(({ ticket }) => ticket.call.callKey === begun.callKey)?.willRun();
    const later = await scene.reborn(async (job) => {
      job.willRun();
      return { outcome: 'ok', output: '', truncated: false };
    });
    expect(later.desk.recall(prepared.callKey)).toBe('absent');
    expect(await later.offer(begun)).toBe('unknown');
    expect(await later.offer(prepared)).toBe('ok');
    expect(later.jobs).toHaveLength(1);
    later.dispose();
  });

  test('has begun what had a slot, and not what waited for one', async () => {
    const { scene, first, second } = await openGated();
    const later = await scene.reborn(async () => ({ outcome: 'ok', output: '', truncated: false }));
    expect(later.desk.recall(second.callKey)).toBe('absent');
    expect(await later.offer(second)).toBe('ok');
    expect(await later.offer(first)).toBe('unknown');
    expect(later.jobs).toHaveLength(1);
    later.dispose();
  });
});
