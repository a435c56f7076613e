/** What journeys need for approvals: a policy that asks, a human who answers, and what waits. */

import { expect } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, type ServerEvent, script } from './api.ts';
import type { Gateway } from './gateway.ts';

/** What a workspace asks about; the rest of its policy stays as it is. */
export async function askAlways(root: Api, always: readonly string[], more = {}): Promise<void> {
  await changePolicy(root, { approvals: { always, ...more } });
}

export async function changePolicy(root: Api, change: object): Promise<void> {
  const { body } = await root.get('/v1/workspaces/default');
  const { status } = await root.put('/v1/workspaces/default', {
    policy: { ...body.policy, ...change },
  });
  expect(status).toBe(200);
}

const APPROVER = ['system:approval:list', 'system:approval:decide'];

/** A credential of its own; the root's user and an approver's grants unless others are named. */
export async function credential(
  gateway: Gateway,
  subject: object = { kind: 'user', id: 'root' },
  grants: readonly string[] = APPROVER,
): Promise<Api> {
  const { status, body } = await callApi(gateway).post('/v1/tokens', { subject, grants });
  expect([status, body]).toEqual([201, expect.anything()]);
  return callApi(gateway, body.token);
}

export const countWords = (text = 'one two three') => ({
  name: 'text-stats',
  arguments: { text },
});

export const END = { text: 'End.' };

/** A turn that has come to its question. */
export interface AskedTurn {
  readonly session: string;
  readonly turnId: string;
  /** Of its approvals, in the order of the calls. */
  readonly ids: readonly string[];
  readonly id: string;
}

/** Runs a reply with these calls until it waits for a human. */
export async function askFor(api: Api, ...toolCalls: readonly object[]): Promise<AskedTurn> {
  const session = await api.session();
  const { status, body } = await api.turn(session, script({ toolCalls }, END), SCRIPT_MODEL);
  expect([status, body.status]).toEqual([202, 'waiting']);
  const ids: string[] = body.toolCalls.flatMap(
    (call: { approvalId?: string }) => call.approvalId ?? [],
  );
  return { session, turnId: body.turnId, ids, id: ids[0] ?? '' };
}

export const decide = (human: Api, id: string, decision: 'approve' | 'deny') =>
  human.post(`/v1/approvals/${id}`, { decision });

export const stateOf = async (human: Api, id: string): Promise<string> =>
  (await human.get(`/v1/approvals/${id}`)).body.state;

/** All events of a turn, once it has ended. */
export async function eventsOf(
  api: Api,
  { session, turnId }: Pick<AskedTurn, 'session' | 'turnId'>,
): Promise<readonly ServerEvent[]> {
  const stream = await api.follow(session, turnId, 0);
  await stream.until(({ kind }) => kind === 'turn-finished' || kind === 'turn-failed');
  await stream.ended;
  return stream.events;
}

export const kindsOf = (events: readonly ServerEvent[]) => events.map(({ kind }) => kind);

/** How often something happened. */
export const count = (events: readonly ServerEvent[], kind: string) =>
  events.filter((event) => event.kind === kind).length;
