/**
 * The gateway is killed (`SIGKILL`) while turns are opened, run and settled in several sessions. On the same
 * disk again it comes to rest with nothing reserved: what its budget has lost is what turns have used.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const AT_ONCE = 6;
const KILLS = 3;
const PLENTY = { tokens: 1_000_000_000_000, costMicroUsd: 1_000_000_000_000 };
const RATE = { calls: 1_000_000, periodMs: 60_000 };
const USAGE = { inputTokens: 5, outputTokens: 2, costMicroUsd: 0 };

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ env: { SALLYPORT_LEASE_MS: '1000' } });
  api = callApi(gateway);
  // So much that sessions hold slices of several turns.
  await changePolicy(api, {
    rates: { workspace: RATE, principal: RATE, session: RATE },
    budgets: { workspace: { day: PLENTY, total: PLENTY } },
  });
});
afterAll(() => gateway?.dispose());

/** Nothing of such a turn is written before its end, so a kill most often finds it reserved and no more. */
const TURN = script(
  { toolCalls: [{ name: 'text-stats', arguments: { text: 'a b' } }], usage: USAGE },
  { text: 'Counted.', usage: USAGE, delayMs: 100 },
);

/** The first turn of one session after the other; `ended` counts those that were not killed. */
async function keepTalking(progress: { ended: number; isOver: boolean }): Promise<void> {
  while (!progress.isOver) {
    const talk = async () => await api.turn(await api.session(), TURN, SCRIPT_MODEL);
    const answer = await talk().catch(() => undefined);
    if (answer?.status === 200) progress.ended += 1;
    else await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const used = async () => {
  const { body } = await api.get('/v1/budgets');
  return body.budgets.find(({ period }: { period: string }) => period === 'total').used;
};

async function actionsOf(action: string): Promise<{ turnId: string; usage: typeof USAGE }[]> {
  const found: { turnId: string; usage: typeof USAGE }[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const { body } = await api.get(`/v1/audit?action=${action}&after=${after}&limit=500`);
    found.push(...body.records.map(({ event }: { event: object }) => event));
    after = body.records.length === 0 ? undefined : body.next;
  }
  return found;
}

test('a gateway that is killed at any moment keeps no reservation of a turn that is lost', async () => {
  const progress = { ended: 0, isOver: false };
  const talking = Array.from({ length: AT_ONCE }, () => keepTalking(progress));
  for (let kill = 0; kill < KILLS; kill++) {
    const before = progress.ended;
    await eventually(() => expect(progress.ended).toBeGreaterThan(before + 3 * AT_ONCE));
    await gateway.kill();
    await gateway.restart();
  }
  progress.isOver = true;
  await Promise.all(talking);

  await expect
    .poll(
      async () => {
        const [admitted, finished] = [
          await actionsOf('turn-admitted'),
          await actionsOf('turn-finished'),
        ];
        const tokens = finished.reduce(
          (sum, { usage }) => sum + usage.inputTokens + usage.outputTokens,
          0,
        );
        return { open: admitted.length - finished.length, unused: (await used()).tokens - tokens };
      },
      { timeout: 40_000, interval: 500 },
    )
    .toEqual({ open: 0, unused: 0 });
  expect((await api.get('/v1/audit/verify')).body).toMatchObject({ ok: true });
});
