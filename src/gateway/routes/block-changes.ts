/**
 * `/v1/blocks/{id}/upgrade` and `…/capabilities`: a block that lives on with another behaviour, or with
 * less than it had.
 *
 * @module
 */

import * as z from 'zod';
import { capabilityEntriesSchema } from '../../core/blocks/block-grants.ts';
import { behaviorSchema } from '../../core/blocks/block-spec.ts';
import { TOOL_NAME } from '../../core/manifest/tool-definition.ts';
import { json } from '../json-response.ts';
import { blockActorOf, blockOf, unwrap } from '../open-block.ts';
import { defineRoute, type Route } from '../route.ts';
import { toGrants } from '../spawn-order.ts';

const upgradeBlock = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/upgrade',
    operation: 'upgradeBlock',
    summary: 'Give a block another behaviour between two messages; `migrate` makes its new state',
    tag: 'blocks',
    access: 'block:spawn',
    body: z.strictObject({
      behavior: behaviorSchema,
      /** A tool that takes `{state, fromVersion, from}` and answers `{state}`. */
      migrate: z.string().regex(TOOL_NAME).exactOptional(),
    }),
    success: { status: 200, describes: z.object({ version: z.number() }) },
    idempotency: 'replay',
  },
  async (request) => {
    const { requestId, body } = request;
    const actor = blockActorOf(request);
    const upgrade = { ...body, requestId };
    return json(unwrap(await blockOf(request).once((block) => block.upgrade(actor, upgrade))));
  },
);

const narrowBlock = defineRoute(
  {
    method: 'PUT',
    path: '/v1/blocks/{id}/capabilities',
    operation: 'narrowBlock',
    summary: 'Leave a block, and all below it, with no more than this; it is never given any',
    tag: 'blocks',
    access: 'block:spawn',
    body: z.strictObject({ capabilities: capabilityEntriesSchema }),
    success: { status: 200, describes: z.object({ capabilities: capabilityEntriesSchema }) },
  },
  async (request) => {
    const actor = blockActorOf(request);
    const grants = toGrants(request.body.capabilities);
    const narrowed = await blockOf(request).again((block) => block.narrow(actor, grants));
    return json({ capabilities: unwrap(narrowed) });
  },
);

export const blockChangeRoutes: readonly Route[] = [upgradeBlock, narrowBlock];
