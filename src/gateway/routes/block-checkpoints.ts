/**
 * `/v1/blocks/{id}/checkpoints`: a block as it stood, to go back to or to begin another with; and dead
 * letters that are put back.
 *
 * @module
 */

import * as z from 'zod';
import type { CheckpointAsk, CheckpointDescription } from '../../blocks/user/checkpoint-api.ts';
import { blockBudgetSchema } from '../../core/blocks/block-budget.ts';
import { capabilityEntriesSchema } from '../../core/blocks/block-grants.ts';
import { json, noContent } from '../json-response.ts';
import { blockActorOf, blockOf, blockWithId, noBlock, unwrap } from '../open-block.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { requireGrants, toOrder } from '../spawn-order.ts';

const checkpoint = z.object({ id: z.string(), at: z.number(), bytes: z.number() });
const list = z.object({ checkpoints: z.array(checkpoint) });

type AnyRequest = RouteRequest<unknown, unknown>;

async function ask(
  request: AnyRequest,
  what: CheckpointAsk,
): Promise<readonly CheckpointDescription[]> {
  const actor = blockActorOf(request);
  const answer = unwrap(await blockOf(request).once((block) => block.checkpoints(actor, what)));
  if (answer.kind !== 'list') throw new Refusal('internal');
  return answer.checkpoints;
}

const takeCheckpoint = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/checkpoint',
    operation: 'takeCheckpoint',
    summary: 'Keep the state and mailbox of a block as they are now',
    tag: 'blocks',
    access: 'block:checkpoint',
    success: { status: 201, describes: checkpoint },
    idempotency: 'replay',
  },
  async (request) => {
    const taken = (await ask(request, { kind: 'take' })).at(-1);
    if (taken === undefined) throw new Refusal('internal');
    return json(taken, 201);
  },
);

const listCheckpoints = defineRoute(
  {
    method: 'GET',
    path: '/v1/blocks/{id}/checkpoints',
    operation: 'listBlockCheckpoints',
    summary: 'The checkpoints of a block, oldest first',
    tag: 'blocks',
    access: 'block:checkpoint',
    success: { status: 200, describes: list },
  },
  async (request) => json({ checkpoints: await ask(request, { kind: 'list' }) }),
);

const dropCheckpoint = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/blocks/{id}/checkpoints/{checkpoint}',
    operation: 'dropCheckpoint',
    summary: 'Forget a checkpoint',
    tag: 'blocks',
    access: 'block:checkpoint',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    await ask(request, { kind: 'drop', id: request.params.checkpoint ?? '' });
    return noContent();
  },
);

const restoreBlock = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/restore',
    operation: 'restoreBlock',
    summary: 'Go back to a checkpoint, or begin another block with it (`into: "new"`)',
    tag: 'blocks',
    access: 'block:restore',
    body: z.strictObject({
      checkpoint: z.string().max(64),
      into: z.enum(['same', 'new']).default('same'),
      /** Of a new block; none unless they are named, since a checkpoint holds no authority. */
      capabilities: capabilityEntriesSchema.default([]),
      /** Likewise. */
      budget: blockBudgetSchema.default({}),
    }),
    success: { status: 201, describes: z.object({ id: z.string() }) },
    idempotency: 'replay',
  },
  async (request) => {
    const { checkpoint: id, into, capabilities, budget } = request.body;
    if (into === 'same') {
      await ask(request, { kind: 'restore', id });
      return json({ id: request.params.id }, 201);
    }
    const actor = blockActorOf(request);
    const read = { kind: 'read', id } as const;
    const found = unwrap(await blockOf(request).again((block) => block.checkpoints(actor, read)));
    if (found.kind !== 'snapshot') throw noBlock();
    const { snapshot } = found;
    const { behavior } = snapshot;
    const order = toOrder(request, { behavior, capabilities, limits: {}, budget });
    requireGrants(request, order.grants);
    const born = { ...order, limits: snapshot.limits };
    unwrap(await blockWithId(request, born.blockId).again((block) => block.spawn(born, snapshot)));
    return json({ id: born.blockId }, 201);
  },
);

const redriveLetter = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/dead-letters/{seq}/redrive',
    operation: 'redriveLetter',
    summary: 'Put a dead letter back at the end of the mailbox',
    tag: 'blocks',
    access: 'block:receive',
    success: { status: 202, describes: z.object({ redriven: z.boolean() }) },
  },
  async (request) => {
    const seq = Number(request.params.seq);
    if (!Number.isSafeInteger(seq)) throw noBlock();
    const actor = blockActorOf(request);
    unwrap(await blockOf(request).once((block) => block.redrive(actor, seq)));
    return json({ redriven: true }, 202);
  },
);

export const blockCheckpointRoutes: readonly Route[] = [
  takeCheckpoint,
  listCheckpoints,
  dropCheckpoint,
  restoreBlock,
  redriveLetter,
];
