/**
 * `/v1/blocks/{id}/tree` and `…/children`: what hangs below a block, and the children of supervisors.
 *
 * @module
 */

import * as z from 'zod';
import type { ChildChange } from '../../blocks/user/block-api.ts';
import type { BlockTree } from '../../blocks/user/tree-api.ts';
import { childSchema } from '../../core/blocks/block-spec.ts';
import { json, noContent } from '../json-response.ts';
import { blockActorOf, blockOf, noBlock, unwrap } from '../open-block.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';

/** Deeper than any block can have children. */
const MAX_LEVELS = 32;

const tree: z.ZodType<BlockTree> = z.custom<BlockTree>().meta({
  type: 'object',
  description:
    'id, name, state, behavior, depth of the mailbox, restarts, children (trees); of a supervisor, awaited: children that are to be started (name, restarts, startsAt)',
});

const readBlockTree = defineRoute(
  {
    method: 'GET',
    path: '/v1/blocks/{id}/tree',
    operation: 'readBlockTree',
    summary: 'A block and all that live below it, with states, restarts and mailbox depths',
    tag: 'blocks',
    access: 'block:read',
    success: { status: 200, describes: tree },
  },
  async (request) => {
    const found = await blockOf(request).again((block) => block.tree(MAX_LEVELS));
    if (found === undefined) throw noBlock();
    return json(found);
  },
);

const accepted = { status: 202, describes: z.object({ accepted: z.boolean() }) } as const;

async function change(request: RouteRequest<unknown, unknown>, what: ChildChange): Promise<void> {
  const actor = blockActorOf(request);
  unwrap(await blockOf(request).again((block) => block.changeChildren(actor, what)));
}

const addChild = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/children',
    operation: 'addChild',
    summary: 'Add a child to a supervisor, and start it',
    tag: 'blocks',
    access: 'block:supervise',
    body: childSchema,
    success: accepted,
    idempotency: 'replay',
  },
  async (request) => {
    await change(request, { kind: 'add', child: request.body });
    return json({ accepted: true }, 202);
  },
);

const restartChild = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/children/{name}/restart',
    operation: 'restartChild',
    summary: 'Start a child that has stopped',
    tag: 'blocks',
    access: 'block:supervise',
    success: accepted,
    idempotency: 'replay',
  },
  async (request) => {
    await change(request, { kind: 'restart', name: request.params.name ?? '' });
    return json({ accepted: true }, 202);
  },
);

const removeChild = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/blocks/{id}/children/{name}',
    operation: 'removeChild',
    summary: 'Stop a child in good order, and forget it',
    tag: 'blocks',
    access: 'block:supervise',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    await change(request, { kind: 'remove', name: request.params.name ?? '' });
    return noContent();
  },
);

export const blockChildRoutes: readonly Route[] = [
  readBlockTree,
  addChild,
  restartChild,
  removeChild,
];
