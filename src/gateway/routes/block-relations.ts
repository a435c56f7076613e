/**
 * `/v1/blocks/{id}/links`, `…/monitors`, `…/trap-exits` and `…/timers`: what a block hears of others,
 * and of itself.
 *
 * @module
 */

import * as z from 'zod';
import { randomHex } from '../../blocks/kit/keys.ts';
import { json, noContent } from '../json-response.ts';
import { requireBodySize } from '../message-body.ts';
import { actAs, blockActorOf, blockIdOf, blockOf, unwrap } from '../open-block.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';

/** A year. */
const MAX_TIMER_MS = 31_536_000_000;
const MIN_INTERVAL_MS = 100;

const changeLink = (kind: 'link' | 'unlink') =>
  defineRoute(
    {
      method: kind === 'link' ? 'PUT' : 'DELETE',
      path: '/v1/blocks/{id}/links/{other}',
      operation: `${kind}Blocks`,
      summary: kind === 'link' ? 'Link two blocks: exits travel both ways' : 'Take a link down',
      tag: 'blocks',
      access: 'block:link',
      success: { status: 204, describes: z.undefined() },
    },
    async (request) => {
      const to = blockIdOf(request, request.params.other);
      await actAs(request, blockIdOf(request, request.params.id), { kind, to });
      return noContent();
    },
  );

const monitorBlock = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/monitors',
    operation: 'monitorBlock',
    summary: 'Hear of the end of another block, once, with a reference',
    tag: 'blocks',
    access: 'block:monitor',
    body: z.strictObject({ target: z.string().max(64) }),
    success: { status: 201, describes: z.object({ ref: z.string() }) },
    idempotency: 'replay',
  },
  async (request) => {
    const to = blockIdOf(request, request.body.target);
    const id = blockIdOf(request, request.params.id);
    const answer = await actAs(request, id, { kind: 'monitor', to });
    if (answer.kind !== 'monitoring') throw new Refusal('internal');
    return json({ ref: answer.ref }, 201);
  },
);

const demonitorBlock = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/blocks/{id}/monitors/{ref}',
    operation: 'demonitorBlock',
    summary: 'Take a monitor back; with `flush=true`, also a down that has come already',
    tag: 'blocks',
    access: 'block:monitor',
    query: z.strictObject({ flush: z.stringbool().default(false) }),
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const { flush } = request.query;
    const id = blockIdOf(request, request.params.id);
    await actAs(request, id, { kind: 'demonitor', ref: request.params.ref ?? '', flush });
    return noContent();
  },
);

const trapExits = defineRoute(
  {
    method: 'PUT',
    path: '/v1/blocks/{id}/trap-exits',
    operation: 'trapExits',
    summary: 'Whether exits of linked blocks come as messages',
    tag: 'blocks',
    access: 'block:trap_exit',
    body: z.strictObject({ on: z.boolean() }),
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const { on } = request.body;
    await actAs(request, blockIdOf(request, request.params.id), { kind: 'trap-exits', on });
    return noContent();
  },
);

const setTimer = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/timers',
    operation: 'setTimer',
    summary: 'A signal to the block itself after `afterMs`, and again every `everyMs`',
    tag: 'blocks',
    access: 'block:receive',
    body: z.strictObject({
      afterMs: z.int().min(0).max(MAX_TIMER_MS),
      everyMs: z.int().min(MIN_INTERVAL_MS).max(MAX_TIMER_MS).optional(),
      body: z.json().default(null),
    }),
    success: { status: 201, describes: z.object({ timerId: z.string() }) },
    idempotency: 'replay',
  },
  async (request) => {
    const { afterMs, everyMs, body } = request.body;
    requireBodySize(JSON.stringify(body));
    const timerId = `tmr_${randomHex(16)}`;
    const timer = { timerId, afterMs, ...(everyMs !== undefined && { everyMs }), body };
    const actor = blockActorOf(request);
    const act = { kind: 'set-timer', ...timer } as const;
    unwrap(await blockOf(request).once((block) => block.act(actor, act)));
    return json({ timerId }, 201);
  },
);

const cancelTimer = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/blocks/{id}/timers/{timer}',
    operation: 'cancelTimer',
    summary: 'Cancel a timer; a signal that has come already stays',
    tag: 'blocks',
    access: 'block:receive',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const act = { kind: 'cancel-timer', timerId: request.params.timer ?? '' } as const;
    const actor = blockActorOf(request);
    unwrap(await blockOf(request).once((block) => block.act(actor, act)));
    return noContent();
  },
);

export const blockRelationRoutes: readonly Route[] = [
  changeLink('link'),
  changeLink('unlink'),
  monitorBlock,
  demonitorBlock,
  trapExits,
  setTimer,
  cancelTimer,
];
