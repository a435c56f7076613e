/**
 * Random blows to supervised children, with the process killed in the middle of one: whatever was struck
 * is started again, by the rules of its strategy, and nothing else is.
 *
 * Trees stand side by side, so that one end of the process strikes all of them.
 *
 * `BLOCK_PROGRAMS` chooses how many trees, `BLOCK_SEED` which.
 */

import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { allAtOnce, inGroups } from '../support/side-by-side.ts';

const TREES = Number(process.env.BLOCK_PROGRAMS ?? 8);
const SIDE_BY_SIDE = 20;
/** How often the process ends. */
const ROUNDS = 2;
const SEED = Number(process.env.BLOCK_SEED ?? 20_261_122);

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});

afterAll(() => gateway?.dispose());

interface Blow {
  readonly how: 'crash' | 'kill' | 'normal';
  readonly child: number;
}

/** The process ends in the middle of the last blow. */
interface Round {
  readonly blows: readonly Blow[];
  readonly last: Blow;
  /** How soon after it was begun, in milliseconds. */
  readonly endsAfterMs: number;
}

interface Life {
  readonly id: string;
}

const CHILDREN = 3;

const blow: fc.Arbitrary<Blow> = fc.record({
  how: fc.constantFrom('crash', 'crash', 'kill', 'normal'),
  child: fc.nat(CHILDREN - 1),
});
const round: fc.Arbitrary<Round> = fc.record({
  blows: fc.array(blow, { minLength: 1, maxLength: 4 }),
  last: blow,
  endsAfterMs: fc.nat(20),
});

/** Which children a blow ends, by the strategy. */
const STRUCK = {
  'one-for-one': (child: number) => [child],
  'one-for-all': () => Array.from({ length: CHILDREN }, (_, index) => index),
  'rest-for-one': (child: number) =>
    Array.from({ length: CHILDREN - child }, (_, index) => child + index),
} as const;

const trees = fc
  .sample(
    fc.record({
      strategy: fc.constantFrom(...(Object.keys(STRUCK) as (keyof typeof STRUCK)[])),
      rounds: fc.array(round, { minLength: ROUNDS, maxLength: ROUNDS }),
    }),
    { numRuns: TREES, seed: SEED },
  )
  .map((tree, number) => ({ number, ...tree }));

class Tree {
  readonly #id: string;
  readonly #strategy: keyof typeof STRUCK;
  #lives: readonly string[] = [];
  /** What was looked at last. */
  #seen: readonly string[] = [];

  constructor(id: string, strategy: keyof typeof STRUCK) {
    this.#id = id;
    this.#strategy = strategy;
  }

  async deal(blow: Blow): Promise<void> {
    await this.post(blow);
    await this.untilStruck(blow);
  }

  /** A life that is over already is left alone. */
  async post({ how, child }: Blow): Promise<void> {
    const reason = how === 'crash' ? { crash: 'blow' } : how;
    await api.post(`/v1/blocks/${this.#lives[child]}/exit`, { reason });
  }

  async untilStruck({ child }: Blow): Promise<void> {
    const struck: readonly number[] = STRUCK[this.#strategy](child);
    const before = this.#lives;
    await this.untilLives((now) =>
      now.every((life, index) => (life === before[index]) !== struck.includes(index)),
    );
  }

  async untilLives(fits: (now: readonly string[]) => boolean = () => true): Promise<void> {
    await expect
      .poll(
        async () => {
          const { children } = (await api.get(`/v1/blocks/${this.#id}/tree`)).body;
          this.#seen = children.map(({ id }: Life) => id);
          return this.#seen.length === CHILDREN && fits(this.#seen);
        },
        { timeout: 30_000, interval: 20 },
      )
      .toBe(true);
    this.#lives = this.#seen;
  }

  async shutDown(): Promise<void> {
    const exitReason = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body.exitReason;
    await api.post(`/v1/blocks/${this.#id}/exit`, { reason: 'shutdown' });
    await expect.poll(() => exitReason(this.#id), { timeout: 20_000 }).toBe('shutdown');
    for (const life of this.#lives) expect(await exitReason(life)).toBe('shutdown');
  }
}

async function plant({ number, strategy }: (typeof trees)[number]): Promise<Tree> {
  const children = Array.from({ length: CHILDREN }, (_, index) => ({
    name: `tree-${SEED}-${number}-${index}`,
    behavior: { kind: 'mailbox' },
  }));
  const behavior = { kind: 'supervisor', strategy, intensity: 100, periodMs: 1_000, children };
  const capabilities = ['CAP_SUPERVISE', 'CAP_SPAWN'];
  const { id } = (await api.post('/v1/blocks', { behavior, capabilities })).body;
  const tree = new Tree(id, strategy);
  await tree.untilLives();
  return tree;
}

test.each(inGroups(trees, SIDE_BY_SIDE))(
  'supervisors from $first on converge',
  async ({ members }) => {
    const planted = await Promise.all(
      members.map(async (plan) => ({
        ...plan,
        name: `tree ${plan.number} (${plan.strategy}) of seed ${SEED}`,
        tree: await plant(plan),
      })),
    );
    for (let now = 0; now < ROUNDS; now++) {
      await allAtOnce(planted, async ({ tree, rounds }) => {
        for (const each of rounds[now]!.blows) await tree.deal(each);
      });
      // Nobody hears the answers, if there are any.
      const lost = planted.map(({ tree, rounds }) =>
        tree.post(rounds[now]!.last).catch(() => undefined),
      );
      await setTimeout(members[0]!.rounds[now]!.endsAfterMs);
      await gateway.restart();
      await Promise.all(lost);
      await allAtOnce(planted, ({ tree, rounds }) => tree.deal(rounds[now]!.last));
    }
    await allAtOnce(planted, ({ tree }) => tree.shutDown());
  },
  240_000,
);
