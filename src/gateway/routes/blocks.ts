/**
 * `/v1/blocks`: blocks are spawned, described and ended.
 *
 * @module
 */

import * as z from 'zod';
import { askDirectory } from '../../blocks/directory/directory-client.ts';
import type { BirthOrder } from '../../blocks/user/block-api.ts';
import { blockBudgetSchema } from '../../core/blocks/block-budget.ts';
import { capabilityEntriesSchema } from '../../core/blocks/block-grants.ts';
import { blockSpecSchema } from '../../core/blocks/block-spec.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import { requestedExitSchema } from '../../core/supervision/exit-reason.ts';
import { json, noContent } from '../json-response.ts';
import {
  ACTING_HEADER,
  actAs,
  actingBlockOf,
  blockActorOf,
  blockIdOf,
  blockOf,
  blockWithId,
  noBlock,
  unwrap,
} from '../open-block.ts';
import { invalidBody, Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { requireGrants, toOrder } from '../spawn-order.ts';

type AnyRequest = RouteRequest<unknown, unknown>;

type Named = Pick<BirthOrder, 'name' | 'blockId'>;

const exitReason = z.union([z.string(), z.record(z.string(), z.string())]);

const block = z.object({
  id: z.string(),
  name: z.string().optional(),
  state: z.enum(['running', 'waiting', 'exited']),
  exitReason: exitReason.optional(),
  parent: z.string().optional(),
  behavior: z.string(),
  version: z.number(),
  capabilities: capabilityEntriesSchema,
  budget: blockBudgetSchema,
  trapsExits: z.boolean(),
  mailbox: z.object({
    depth: z.number(),
    bytes: z.number(),
    accepted: z.number(),
    dropped: z.number(),
    rejected: z.number(),
    deadLettered: z.number(),
  }),
  links: z.array(z.string()),
  monitors: z.array(z.object({ ref: z.string(), target: z.string() })),
});

const spawnBody = blockSpecSchema.extend({
  /** The parent; the acting block, if absent. */
  parent: z.string().max(64).optional(),
  /** Linked to its parent, or monitored by it, from its first moment. */
  link: z.boolean().default(false),
  monitor: z.boolean().default(false),
});

const spawnBlock = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks',
    operation: 'spawnBlock',
    summary: 'Spawn a block, or a child of one with `parent` or the header `Sallyport-Block`',
    tag: 'blocks',
    access: 'block:spawn',
    body: spawnBody,
    actingBlock: 'acts',
    success: { status: 201, describes: z.object({ id: z.string(), ref: z.string().optional() }) },
    idempotency: 'replay',
  },
  async (request) => {
    const { body } = request;
    const parent = parentOf(request);
    const order = toOrder(request, body);
    if (parent === undefined) {
      if (body.link || body.monitor) throw needsParent();
      requireGrants(request, order.grants);
      await takeName(request, order);
      unwrap(await blockWithId(request, order.blockId).again((opened) => opened.spawn(order)));
      return created({ id: order.blockId });
    }
    await takeName(request, order);
    const { link, monitor } = body;
    const spawn = { kind: 'spawn', order, link, monitor } as const;
    const answer = await actAs(request, parent, spawn).catch(async (error: unknown) => {
      if (error instanceof Refusal) await giveNameBack(request, order);
      throw error;
    });
    if (answer.kind !== 'spawned') throw new Refusal('internal');
    const { id, ref } = answer;
    return created({ id, ...(ref !== undefined && { ref }) });
  },
);

function created(answer: { readonly id: BlockId; readonly ref?: string }): Response {
  return json(answer, 201, { Location: `/v1/blocks/${answer.id}` });
}

/** Named twice, it is the same: who lets somebody act as one block alone has not let him take another. */
function parentOf(request: RouteRequest<z.infer<typeof spawnBody>, unknown>): BlockId | undefined {
  const acting = actingBlockOf(request);
  const { parent } = request.body;
  if (parent === undefined) return acting;
  const id = blockIdOf(request, parent);
  if (acting === undefined || acting === id) return id;
  throw invalidBody({
    pointer: '/parent',
    detail: `must be the block of the header ${ACTING_HEADER}`,
  });
}

function needsParent(): Refusal {
  return new Refusal('invalid_body', {
    detail: 'Cannot link or monitor the block: it must have a parent',
    errors: [{ pointer: '/parent', detail: 'must be given, or the header Sallyport-Block' }],
  });
}

/** Of a block that was refused: whoever asks again, better, is not to wait for it. */
async function giveNameBack({ env, caller }: AnyRequest, { name, blockId }: Named): Promise<void> {
  if (name === undefined) return;
  const { workspace } = caller.principal;
  await askDirectory(env, workspace, (directory) => directory.unregister(name, blockId));
}

/** The block confirms it at birth; if it is never born, the name is free again after a while. */
async function takeName({ env, caller }: AnyRequest, { name, blockId }: Named): Promise<void> {
  if (name === undefined) return;
  const { workspace } = caller.principal;
  const registered = await askDirectory(env, workspace, (directory) =>
    directory.register(name, blockId),
  );
  if (registered !== 'held')
    throw new Refusal('conflict', { detail: 'Another block has this name' });
}

const readBlock = defineRoute(
  {
    method: 'GET',
    path: '/v1/blocks/{id}',
    operation: 'readBlock',
    summary: 'Describe a block: state, mailbox, relations',
    tag: 'blocks',
    access: 'block:read',
    success: { status: 200, describes: block },
  },
  async (request) => {
    const found = await blockOf(request).again((opened) => opened.describe());
    if (found === undefined) throw noBlock();
    return json(found);
  },
);

const exitBlock = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/exit',
    operation: 'exitBlock',
    summary: 'End a block; with `Sallyport-Block`, send it an exit signal from that block',
    tag: 'blocks',
    access: 'block:exit',
    body: z.strictObject({ reason: requestedExitSchema.default('normal') }),
    actingBlock: 'acts',
    success: { status: 202, describes: z.object({ reason: exitReason }) },
  },
  async (request) => {
    const { reason } = request.body;
    const acting = actingBlockOf(request);
    const to = blockIdOf(request, request.params.id);
    if (acting !== undefined && acting !== to) {
      await actAs(request, acting, { kind: 'exit', to, reason });
      return json({ reason }, 202);
    }
    const actor = blockActorOf(request);
    const ended = unwrap(await blockOf(request).again((opened) => opened.exit(actor, reason)));
    return json({ reason: ended }, 202);
  },
);

const killBlock = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/blocks/{id}',
    operation: 'killBlock',
    summary: 'Kill a block; it is heard as `killed`',
    tag: 'blocks',
    access: 'block:exit',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const actor = blockActorOf(request);
    unwrap(await blockOf(request).again((opened) => opened.exit(actor, 'kill')));
    return noContent();
  },
);

export const blockRoutes: readonly Route[] = [spawnBlock, readBlock, killBlock, exitBlock];
