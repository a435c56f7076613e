import { describe, expect, test } from 'vitest';
import type {
  EventPage,
  FollowRequest,
  TurnSummary,
} from '../../src/blocks/session/session-api.ts';
import type { TurnEvent, TurnEventBody } from '../../src/core/conversation/turn-event.ts';
import { NO_USAGE } from '../../src/core/conversation/usage.ts';
import { toTurnId } from '../../src/core/primitives/ids.ts';
import { callMethod } from '../../src/gateway/a2a/methods.ts';
import { TaskWriter } from '../../src/gateway/a2a/task-writer.ts';
import { awaitReading, awaitRest, streamClientTurn } from '../../src/gateway/client-turn.ts';
import type { OpenTurn } from '../../src/gateway/open-session.ts';
import type { RouteRequest } from '../../src/gateway/route.ts';
import { a2aRoutes } from '../../src/gateway/routes/a2a.ts';

const TURN_ID = toTurnId('0'.repeat(32));

const STARTED: TurnEventBody = { kind: 'turn-started', turnId: TURN_ID, model: 'a/b' };
const FAILED: TurnEventBody = { kind: 'turn-failed', code: 'rate_limited', usage: NO_USAGE };
const WORD: TurnEventBody = { kind: 'text-delta', round: 0, text: 'Hello' };
const MESSAGE = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'Hello' }] };
const FINISHED: TurnEventBody = { kind: 'turn-finished', output: 'Hello', usage: NO_USAGE };

const CALLER = {
  principal: { workspace: 'default', kind: 'service', id: 'asks' },
  grants: [{ pattern: 'session:turn' }],
};

const envWith = (getByName: () => unknown) => ({
  SALLYPORT_MASTER_KEY: 'k'.repeat(43),
  SESSIONS: { getByName },
});

interface Scene {
  readonly request: RouteRequest<unknown, unknown>;
  readonly turn: OpenTurn;
  /** How often the turn was cancelled. */
  readonly cancelled: () => number;
}

/** A turn with these events, whose first reads fail so many times. */
function openScene(bodies: readonly TurnEventBody[], failingReads = 0): Scene {
  const events = bodies.map((body, index): TurnEvent => ({ id: index + 1, at: 0, body }));
  let [failing, cancelled] = [failingReads, 0];
  const read = async (afterId: number): Promise<EventPage> => {
    if (failing-- > 0) throw new Error('the object was reset');
    return { events: events.slice(afterId, afterId + 1), ended: afterId + 1 >= events.length };
  };
  const session = {
    events: (_: string, afterId: number) => read(afterId),
    follow: ({ afterId }: FollowRequest) => read(afterId),
    awaitTurn: async () =>
      ({ status: 'failed', code: 'rate_limited', retryAfterMs: 1_000 }) as TurnSummary,
    cancelTurn: async () => {
      cancelled += 1;
    },
  };
  const raw = new Request('https://gateway/', { signal: AbortSignal.abort() });
  const request = { raw, caller: {}, execution: { waitUntil: () => undefined } };
  return {
    request: request as unknown as Scene['request'],
    turn: { session, turnId: TURN_ID } as unknown as OpenTurn,
    cancelled: () => cancelled,
  };
}

const write = ({ body }: TurnEvent) => `${body.kind}\n`;

describe('streamClientTurn()', () => {
  test('refuses a turn that fails before its first word, with the moment to come again', async () => {
    const { request, turn } = openScene([STARTED, FAILED]);
    await expect(streamClientTurn(request, turn, { write })).rejects.toMatchObject({
      ...{ code: 'rate_limited', facts: { retryAfterMs: 1_000 } },
    });
  });

  test('tells of a failure after it in the stream', async () => {
    const { request, turn } = openScene([STARTED, WORD, FAILED]);
    const text = await (await streamClientTurn(request, turn, { write })).text();
    expect(text).toContain('turn-started\ntext-delta\nturn-failed\n');
  });

  test('leaves reads that fail to the stream, which tries again', async () => {
    const { request, turn } = openScene([STARTED, WORD, FINISHED], 2);
    const text = await (await streamClientTurn(request, turn, { write })).text();
    expect(text).toContain('turn-started\ntext-delta\nturn-finished\n');
  });
});

describe('awaitReading()', () => {
  const ended = (turn: OpenTurn, summary: object) => {
    Object.assign(turn.session, { awaitTurn: async () => summary });
    return turn;
  };
  const stays = (request: Scene['request'], more: object = {}) =>
    ({ ...request, raw: new Request('https://gateway/'), ...more }) as Scene['request'];
  const running = { status: 'running', toolCalls: [] };

  test('ends a turn that takes too long, unless its client can come back for it', async () => {
    const scene = openScene([STARTED]);
    const turn = ended(scene.turn, running);
    const keyed = stays(scene.request, { idempotency: { key: 'k', bodyHash: 'h' } });
    const code = 'deadline_exceeded';
    await expect(awaitReading(keyed, turn)).rejects.toMatchObject({
      code,
      facts: { goesOn: true },
    });
    expect(scene.cancelled()).toBe(0);
    const request = stays(scene.request);
    await expect(awaitReading(request, turn)).rejects.toMatchObject({ code, facts: {} });
    expect(scene.cancelled()).toBe(1);
  });

  test.each([
    [{ status: 'finished' }, { hasRun: true }],
    [{ status: 'unknown' }, { hasRun: true }],
    [{ status: 'denied', check: 'parse' }, {}],
    [{ status: 'denied', check: 'limits' }, {}],
    [{ status: 'denied', check: 'dispatch', reason: 'timeout' }, { hasRun: true }],
    [{ status: 'denied', check: 'content' }, { hasRun: true }],
    [{ status: 'handed-over' }, {}],
  ])('says of a failed turn with a call that is %o whether one has run', async (call, facts) => {
    const { request, turn } = openScene([STARTED, FAILED]);
    const failed = { status: 'failed', code: 'model_failed', toolCalls: [call] };
    const refused = awaitReading(stays(request), ended(turn, failed));
    await expect(refused).rejects.toHaveProperty('facts', facts);
  });
});

describe('a client that has left when its turn is admitted', () => {
  test.each([
    [
      'streamClientTurn()',
      (scene: Scene) => streamClientTurn(scene.request, scene.turn, { write }),
    ],
    ['awaitRest()', (scene: Scene) => awaitRest(scene.request, scene.turn)],
  ])('has it cancelled by %s', async (_, wait) => {
    const scene = openScene([STARTED, WORD, FINISHED]);
    await wait(scene);
    expect(scene.cancelled()).toBe(1);
  });

  test('finds its task of A2A again', async () => {
    const { request, turn, cancelled } = openScene([STARTED, WORD, FINISHED]);
    const admitTurn = async () => ({ ok: true, value: { turnId: TURN_ID } });
    const env = envWith(() => Object.assign(turn.session, { admitTurn }));
    const params = { message: MESSAGE };
    const call = { request: { ...request, env, caller: CALLER }, id: 1, params };
    await callMethod('SendMessage', call as unknown as Parameters<typeof callMethod>[1]);
    expect(cancelled()).toBe(0);
  });
});

describe('A2A', () => {
  test('names the call that something broke in', async () => {
    const sendMessage = a2aRoutes.find(({ method }) => method === 'POST');
    const body = {
      jsonrpc: '2.0',
      id: 'mine',
      method: 'SendMessage',
      params: { message: MESSAGE },
    };
    const raw = new Request('https://gateway/', { headers: { 'A2A-Version': '1.0' } });
    const env = envWith(() => {
      throw new Error('the object was reset');
    });
    const broken = { raw, body, env, caller: CALLER } as unknown as Scene['request'];
    await expect(sendMessage?.handle(broken)).rejects.toMatchObject({
      code: 'internal',
      facts: { rpcId: 'mine' },
    });
  });

  test.each([
    [{}, undefined],
    [{ isCut: true }, expect.stringContaining('greatest length')],
    [{ isCut: true, isFiltered: true }, expect.stringContaining('filter')],
  ] as const)('says whether an answer is whole: %j', (cut, remark) => {
    const writer = new TaskWriter({ id: 'task', contextId: 'context' });
    writer.take({ id: 1, at: 0, body: { ...FINISHED, ...cut } });
    const { state, message } = writer.task().status;
    expect([state, message?.parts[0]?.text]).toEqual(['TASK_STATE_COMPLETED', remark]);
  });
});
