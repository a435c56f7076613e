/**
 * Random blows to supervised children, with the process killed in between: whatever was struck is
 * started again, by the rules of its strategy, and nothing else is.
 *
 * `BLOCK_PROGRAMS` chooses how many trees, `BLOCK_SEED` which.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const TREES = Number(process.env.BLOCK_PROGRAMS ?? 4);
const SEED = Number(process.env.BLOCK_SEED ?? 20_261_122);

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});

afterAll(() => gateway?.dispose());

type Blow = { readonly how: 'crash' | 'kill' | 'normal' | 'end-process'; readonly child: number };

interface Life {
  readonly id: string;
}

const CHILDREN = 3;

const blow: fc.Arbitrary<Blow> = fc.record({
  how: fc.constantFrom('crash', 'crash', 'kill', 'normal', 'end-process'),
  child: fc.nat(CHILDREN - 1),
});

/** Which children a blow ends, by the strategy. */
const STRUCK = {
  'one-for-one': (child: number) => [child],
  'one-for-all': () => Array.from({ length: CHILDREN }, (_, index) => index),
  'rest-for-one': (child: number) =>
    Array.from({ length: CHILDREN - child }, (_, index) => child + index),
} as const;

const trees = fc.sample(
  fc.record({
    strategy: fc.constantFrom(...(Object.keys(STRUCK) as (keyof typeof STRUCK)[])),
    blows: fc.array(blow, { minLength: 3, maxLength: 10 }),
  }),
  { numRuns: TREES, seed: SEED },
);

test.each(trees.map((tree, number) => ({ number, ...tree })))(
  'supervisor $number ($strategy) converges',
  async ({ number, strategy, blows }) => {
    const children = Array.from({ length: CHILDREN }, (_, index) => ({
      name: `tree-${SEED}-${number}-${index}`,
      behavior: { kind: 'mailbox' },
    }));
    const behavior = { kind: 'supervisor', strategy, intensity: 100, periodMs: 1_000, children };
    const capabilities = ['CAP_SUPERVISE', 'CAP_SPAWN'];
    const { id } = (await api.post('/v1/blocks', { behavior, capabilities })).body;
    const lives = async (): Promise<readonly string[]> =>
      (await api.get(`/v1/blocks/${id}/tree`)).body.children.map((life: Life) => life.id);
    const untilLives = async (fits: (now: readonly string[]) => boolean) => {
      await expect
        .poll(
          async () => {
            const now = await lives();
            return now.length === CHILDREN && fits(now);
          },
          { timeout: 30_000, interval: 20 },
        )
        .toBe(true);
      return lives();
    };
    let before = await untilLives(() => true);
    for (const { how, child } of blows) {
      if (how === 'end-process') {
        await gateway.restart();
        expect(await untilLives(() => true)).toEqual(before);
        continue;
      }
      const reason = how === 'crash' ? { crash: 'blow' } : how;
      await api.post(`/v1/blocks/${before[child]}/exit`, { reason });
      const struck: readonly number[] = STRUCK[strategy](child);
      const isAsStruck = (now: readonly string[]) =>
        now.every((life, index) => (life === before[index]) !== struck.includes(index));
      before = await untilLives(isAsStruck);
    }
    await api.post(`/v1/blocks/${id}/exit`, { reason: 'shutdown' });
    await expect
      .poll(async () => (await api.get(`/v1/blocks/${id}`)).body.exitReason, { timeout: 20_000 })
      .toBe('shutdown');
    for (const life of before) {
      const { exitReason } = (await api.get(`/v1/blocks/${life}`)).body;
      expect(exitReason).toBe('shutdown');
    }
  },
  120_000,
);
