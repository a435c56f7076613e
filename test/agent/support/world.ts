/** Everything that one turn needs, in memory, and a way to run it. */

import { createHmac } from 'node:crypto';
import type { Freshness, TurnPorts } from '../../../src/agent/ports.ts';
import { runTurn } from '../../../src/agent/run-turn.ts';
import type { Message } from '../../../src/core/conversation/message.ts';
import type { Turn } from '../../../src/core/conversation/turn.ts';
import type { Authority } from '../../../src/core/policy/authority.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { issueSessionId } from '../../../src/core/primitives/ids.ts';
import type { KnownValues } from '../../../src/core/scan/known-values.ts';
import {
  FULL_SLICE,
  makeAuthority,
  makePlugin,
  makePolicy,
  makeTool,
  NOW,
  sha256,
  TURN_ID,
  WORKSPACE,
} from '../../core/checks/fixture.ts';
import { FakeSession } from './fake-session.ts';
import { FakeTier } from './fake-tier.ts';
import { ScriptedModel, type Step } from './scripted-model.ts';
import { VirtualClock } from './virtual-clock.ts';

/** May run again after a crash. */
export const ECHO = makeTool('echo', { annotations: { readOnlyHint: true, openWorldHint: false } });
/** Must not. */
export const NOTIFY = makeTool('notify');

export const AUTHORITY: Authority = makeAuthority({
  plugins: [makePlugin('test-tools', [ECHO, NOTIFY])],
});

/** What its principal holds but for tools. */
export const TO_TALK = AUTHORITY.grants.filter(({ pattern }) => !pattern.startsWith('tool:'));

export function limits(changes: Partial<Authority['policy']['limits']>): Authority {
  const policy = makePolicy();
  return { ...AUTHORITY, policy: { ...policy, limits: { ...policy.limits, ...changes } } };
}

function user(content: string): Message {
  return { role: 'user', content, label: PRINCIPAL_LABEL };
}

function makeTurn(changes: Partial<Turn> = {}): Turn {
  return {
    turnId: TURN_ID,
    sessionId: issueSessionId(WORKSPACE, '1'.repeat(32), () => 'c'.repeat(12)),
    workspace: WORKSPACE,
    requestId: 'req_1',
    driver: { kind: 'model', model: 'test/model' },
    history: [user('Hello')],
    authority: AUTHORITY,
    slice: FULL_SLICE,
    epoch: 1,
    deadlineAt: NOW + 120_000,
    journaled: [],
    approvals: [],
    onAsk: 'wait',
    ...changes,
  };
}

export interface World {
  readonly clock: VirtualClock;
  readonly session: FakeSession;
  readonly tier: FakeTier;
  readonly model: ScriptedModel;
  readonly turn: Turn;
  /** The workspace's own secrets; none unless a test has some. */
  known: KnownValues | undefined;
  /** How fresh they had to be, each time that they were asked for. */
  readonly freshness: Freshness[];
  run(turn?: Turn): Promise<void>;
}

export function makeWorld(steps: readonly Step[], changes: Partial<Turn> = {}): World {
  const clock = new VirtualClock(NOW);
  const turn = makeTurn(changes);
  const session = new FakeSession(clock, turn.authority);
  const tier = new FakeTier();
  const model = new ScriptedModel(clock, steps);
  const world: World = {
    clock,
    session,
    tier,
    model,
    turn,
    known: undefined,
    freshness: [],
    run: (run = turn) => runTurn(run, toPorts(world, run.epoch)),
  };
  return world;
}

function toPorts(world: World, epoch: number): TurnPorts {
  const { clock, session, tier, model } = world;
  return {
    journal: session.portFor(epoch),
    model,
    known: async (freshness) => {
      world.freshness.push(freshness);
      return world.known;
    },
    tiers: tier,
    now: () => clock.now,
    sha256,
    argumentsHmac: (text) => createHmac('sha256', 'audit-key').update(text).digest('hex'),
    sleep: clock.sleep,
    onMistake(thrown) {
      throw thrown; // a test never expects one
    },
  };
}
