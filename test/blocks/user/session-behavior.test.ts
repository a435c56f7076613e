import { describe, expect, it, test } from 'vitest';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import type { StoredMessage } from '../../../src/blocks/kit/mailbox-store.ts';
import type { AdmitTurn, TurnsOf } from '../../../src/blocks/session/session-api.ts';
import type { Behave } from '../../../src/blocks/user/behavior.ts';
import { endTurnsOf } from '../../../src/blocks/user/block-session.ts';
import type { BlockFacts } from '../../../src/blocks/user/facts-store.ts';
import { createAgent, createReducer } from '../../../src/blocks/user/session-behavior.ts';
import type { StateStore } from '../../../src/blocks/user/state-store.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import type { Principal } from '../../../src/core/policy/principal.ts';
import { err } from '../../../src/core/primitives/result.ts';

const FACTS = {
  order: {
    ...{ blockId: 'blk_1', grants: [], requestId: 'req_1' },
    creator: { kind: 'user', id: 'a', workspace: 'default', tokenId: 'tok_1' },
  },
} as unknown as BlockFacts;
const KEY = 'A'.repeat(43);
const MESSAGE: StoredMessage = {
  ...{ seq: 7, messageId: 'm', from: 'user:a', label: PRINCIPAL_LABEL, body: '"next"' },
  ...{ attempts: 0, leasedUntil: 0 },
};

/** A session whose lane is held by a turn that waits for a human. */
class WaitingSession {
  readonly ended: (TurnsOf | undefined)[] = [];

  admitTurn = async (_: AdmitTurn) => err({ code: 'turn_waiting' });
  runProgram = this.admitTurn;

  async cancelTurns(_: Principal, __: string, of?: TurnsOf): Promise<void> {
    this.ended.push(of);
  }
}

const RIVALS: readonly [string, (env: BlockBindings) => Behave][] = [
  ['an agent', (env) => createAgent(env)({ kind: 'agent' })],
  [
    'a reducer',
    (env) => {
      const state = { read: () => undefined } as unknown as StateStore;
      const spec = { kind: 'plugin', plugin: 'p', entry: 'e', state: null } as const;
      return createReducer(env, state)(spec);
    },
  ],
];

test('a block that ends, or goes back, ends its own turns, and leaves those of others in its session', async () => {
  const session = new WaitingSession();
  const SESSIONS = { getByName: () => session };
  const env = { SESSIONS, SALLYPORT_MASTER_KEY: KEY } as unknown as BlockBindings;
  await endTurnsOf(env, FACTS);
  expect(session.ended).toEqual([{ principal: 'block:blk_1' }]);
});

describe.each(RIVALS)('%s', (_, create) => {
  it('ends its own turn that still waits over a message which is gone, and tries again', async () => {
    const session = new WaitingSession();
    const SESSIONS = { getByName: () => session };
    const behave = create({ SESSIONS, SALLYPORT_MASTER_KEY: KEY } as unknown as BlockBindings);
    expect(await behave({ facts: FACTS, message: MESSAGE })).toEqual({
      kind: 'later',
      afterMs: 1_000,
    });
    expect(session.ended).toEqual([{ principal: 'block:blk_1' }]);
  });
});
