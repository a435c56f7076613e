/** The index of a workspace's approvals: what it hears, in whatever order, and what it finds. */

import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalsApi } from '../../../src/blocks/approvals/approvals-api.ts';
import { askApprovals } from '../../../src/blocks/approvals/approvals-client.ts';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import type { ApprovalSummary } from '../../../src/core/policy/approval-state.ts';
import {
  parseWorkspaceId,
  type SessionId,
  toTurnId,
  type WorkspaceId,
} from '../../../src/core/primitives/ids.ts';

const bindings = env as unknown as BlockBindings;
let count = 0;

function freshIndex() {
  const workspace = parseWorkspaceId(`approvals-${++count}`) as WorkspaceId;
  return <T>(call: (index: ApprovalsApi) => Promise<T>) => askApprovals(bindings, workspace, call);
}

function summary(id: string, over: Partial<ApprovalSummary> = {}): ApprovalSummary {
  const now = Date.now();
  return {
    id,
    state: 'pending',
    sessionId: 'ses_1' as SessionId,
    turnId: toTurnId('1'.repeat(32)),
    round: 0,
    index: 0,
    tool: 'pay',
    plugin: 'bank',
    principal: 'user:alice',
    askedAt: now,
    expiresAt: now + 60_000,
    ...over,
  };
}

const ALL = { after: 0, limit: 10 };
const news = (of: ApprovalSummary, version = 1) => [{ summary: of, version }];

/** The whole Worker is loaded with its first object. */
beforeAll(() => freshIndex()((api) => api.list(ALL)), 60_000);

describe('the index', () => {
  test('shows what it heard last, whatever comes late or twice', async () => {
    const index = freshIndex();
    await index((api) => api.hear(news(summary('a'))));
    await index((api) => api.hear(news(summary('a', { state: 'denied' }), 3)));
    await index((api) => api.hear(news(summary('a', { state: 'approved' }), 2)));
    await index((api) => api.hear(news(summary('a', { state: 'denied' }), 3)));
    const { approvals } = await index((api) => api.list(ALL));
    expect(approvals.map(({ id, state }) => [id, state])).toEqual([['a', 'denied']]);
  });

  test('finds by state and by session', async () => {
    const index = freshIndex();
    const other = 'ses_2' as SessionId;
    await index((api) => api.hear(news(summary('a'))));
    await index((api) => api.hear(news(summary('b', { sessionId: other }))));
    await index((api) => api.hear(news(summary('c', { sessionId: other, state: 'denied' }))));
    const ids = async (query: object) =>
      (await index((api) => api.list({ ...ALL, ...query }))).approvals.map(({ id }) => id);
    expect(await ids({ sessionId: other })).toEqual(['b', 'c']);
    expect(await ids({ state: 'pending' })).toEqual(['a', 'b']);
    expect(await ids({ state: 'denied', sessionId: other })).toEqual(['c']);
    expect(await ids({ state: 'consumed' })).toEqual([]);
  });

  test('calls expired what nobody decided in time, before its session says so', async () => {
    const index = freshIndex();
    await index((api) => api.hear(news(summary('a', { expiresAt: Date.now() - 1 }))));
    await index((api) =>
      api.hear(news(summary('b', { state: 'consumed', expiresAt: Date.now() - 1 }))),
    );
    const expired = await index((api) => api.list({ ...ALL, state: 'expired' }));
    expect(expired.approvals).toMatchObject([{ id: 'a', state: 'expired' }]);
    expect((await index((api) => api.list({ ...ALL, state: 'pending' }))).approvals).toEqual([]);
  });

  test('gives pages without gaps, and says when there is no more', async () => {
    const index = freshIndex();
    for (const id of ['a', 'b', 'c']) await index((api) => api.hear(news(summary(id))));
    const first = await index((api) => api.list({ after: 0, limit: 2 }));
    const rest = await index((api) => api.list({ after: first.next ?? 0, limit: 2 }));
    const ids = [...first.approvals, ...rest.approvals].map(({ id }) => id);
    expect([ids, rest.next]).toEqual([['a', 'b', 'c'], undefined]);
  });

  test('forgets what was asked for more than 30 days ago, and nothing younger', async () => {
    const index = freshIndex();
    const days = (n: number) => Date.now() - n * 86_400_000;
    await index((api) => api.hear(news(summary('old', { askedAt: days(30) - 1_000 }))));
    await index((api) => api.hear(news(summary('young', { askedAt: days(30) + 60_000 }))));
    const { approvals } = await index((api) => api.list(ALL));
    expect(approvals.map(({ id }) => id)).toEqual(['young']);
  });
});
