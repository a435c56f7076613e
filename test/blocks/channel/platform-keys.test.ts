import { describe, expect, test } from 'vitest';
import { PlatformKeys } from '../../../src/blocks/channel/platform-keys.ts';

const wanted = (keyId: string) => ({ metadataUrl: 'https://login.example/metadata', keyId });
const keyOf = (kid: string) => ({ kty: 'RSA', kid });

/** A publisher who counts how often he is asked. */
function publisher() {
  const state = { asked: 0, published: [keyOf('one')], isDown: false };
  const ask = async () => {
    state.asked++;
    if (state.isDown) throw new Error('down');
    return state.published;
  };
  return { state, ask };
}

const DAY_MS = 86_400_000;

describe('the keys of a platform', () => {
  test('are asked for once in a day, by one request for all who want them', async () => {
    const keys = new PlatformKeys();
    const { state, ask } = publisher();
    const of = (now: number) => keys.of({ wanted: wanted('one'), now, ask });
    await Promise.all([of(0), of(0), of(0)]);
    await of(DAY_MS - 1);
    expect(state.asked).toBe(1);
    await of(DAY_MS);
    expect(state.asked).toBe(2);
  });

  test('are asked for anew for one that nobody knows, but once a minute at most', async () => {
    const keys = new PlatformKeys();
    const { state, ask } = publisher();
    const of = (keyId: string, now: number) => keys.of({ wanted: wanted(keyId), now, ask });
    await of('one', 0);
    for (const now of [1, 30_000, 59_999]) expect(await of('made-up', now)).toHaveLength(1);
    expect(state.asked).toBe(1);
    state.published = [keyOf('one'), keyOf('two')];
    expect(await of('two', 60_000)).toHaveLength(2);
    expect(state.asked).toBe(2);
  });

  test('serve for five days while they cannot be had, and a stranger brings no storm', async () => {
    const keys = new PlatformKeys();
    const { state, ask } = publisher();
    const of = (now: number) => keys.of({ wanted: wanted('one'), now, ask });
    await of(0);
    state.isDown = true;
    for (const now of [DAY_MS, DAY_MS + 2_999, 5 * DAY_MS - 1])
      expect(await of(now)).toHaveLength(1);
    expect(state.asked).toBe(3);
    await expect(of(5 * DAY_MS)).rejects.toMatchObject({ code: 'channel_unavailable' });
    state.isDown = false;
    expect(await of(5 * DAY_MS + 3_000)).toHaveLength(1);
  });

  test('that were never had leave nobody able to tell', async () => {
    const { state, ask } = publisher();
    state.isDown = true;
    const keys = new PlatformKeys();
    const asking = keys.of({ wanted: wanted('one'), now: 10_000, ask });
    await expect(asking).rejects.toMatchObject({ code: 'channel_unavailable' });
  });
});
