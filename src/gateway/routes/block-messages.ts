/**
 * `/v1/blocks/{id}/…`: what comes out of a mailbox, and calls, which wait for an answer.
 *
 * @module
 */

import * as z from 'zod';
import { toReceivedJson } from '../../blocks/user/consumer-api.ts';
import type { Envelope } from '../../core/blocks/block-signal.ts';
import { isUsablePattern } from '../../core/blocks/message-pattern.ts';
import { json } from '../json-response.ts';
import { toPage } from '../list-page.ts';
import {
  bodySchema,
  MAX_MESSAGE_REQUEST_BYTES,
  messageSchema,
  toBlockBody,
  toEnvelope,
  toOutside,
} from '../message-body.ts';
import { actAs, actingBlockOf, blockActorOf, blockIdOf, blockOf, unwrap } from '../open-block.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';

const MAX_WAIT_MS = 60_000;

const received = z.object({
  messageId: z.string(),
  seq: z.number(),
  from: z.string(),
  body: z.unknown().optional(),
  bytes: z.string().optional(),
  lease: z.string().optional(),
  label: z.object({ integrity: z.string(), confidentiality: z.string() }),
  attempts: z.number(),
  signal: z.boolean().optional(),
  correlationId: z.string().optional(),
  traceId: z.string().optional(),
});

const receiveMessages = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/receive',
    operation: 'receiveMessages',
    summary: 'Take messages under a lease; waits for up to `timeoutMs`',
    tag: 'blocks',
    access: 'block:receive',
    body: z.strictObject({
      match: z.json().refine(isUsablePattern, 'must be smaller').optional(),
      timeoutMs: z.int().min(0).max(MAX_WAIT_MS).default(0),
      max: z.int().min(1).max(100).default(1),
      leaseMs: z.int().min(100).max(3_600_000).default(30_000),
    }),
    success: { status: 200, describes: z.object({ messages: z.array(received) }) },
  },
  async (request) => {
    const { match, ...rest } = request.body;
    const query = { ...rest, ...(match !== undefined && { match }) };
    const actor = blockActorOf(request);
    const taken = await blockOf(request).once((block) => block.receive(actor, query));
    return json({ messages: unwrap(taken).map(toReceivedJson) });
  },
);

const acknowledgeMessages = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/ack',
    operation: 'acknowledgeMessages',
    summary: 'Say that messages are done with; what is not comes again when its lease is over',
    tag: 'blocks',
    access: 'block:receive',
    body: z.strictObject({ leases: z.array(z.string().max(64)).min(1).max(100) }),
    success: { status: 200, describes: z.object({ acknowledged: z.number() }) },
  },
  async (request) => {
    const { leases } = request.body;
    const actor = blockActorOf(request);
    const done = await blockOf(request).again((block) => block.acknowledge(actor, leases));
    return json({ acknowledged: unwrap(done) });
  },
);

const callSchema = messageSchema.extend({
  timeoutMs: z.int().min(1).max(MAX_WAIT_MS).default(5_000),
});

const callBlock = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/call',
    operation: 'callBlock',
    summary: 'Send a message and wait for its answer; with `Sallyport-Block`, as that block',
    tag: 'blocks',
    access: 'block:send',
    body: callSchema,
    maxBodyBytes: MAX_MESSAGE_REQUEST_BYTES,
    actingBlock: 'acts',
    success: {
      status: 200,
      describes: received.pick({ body: true, bytes: true, label: true }),
    },
    idempotency: 'replay',
  },
  async (request) => {
    const { body, label } = await call(request, request.body);
    return json(toReceivedJson({ body, label }));
  },
);

async function call(
  request: RouteRequest<unknown, unknown>,
  { timeoutMs, ...fields }: z.infer<typeof callSchema>,
): Promise<Envelope> {
  const acting = actingBlockOf(request);
  if (acting === undefined) {
    const message = toOutside(request, fields);
    return unwrap(await blockOf(request).once((block) => block.call(message, timeoutMs)));
  }
  const to = blockIdOf(request, request.params.id);
  const envelope = toEnvelope(request, fields);
  const done = await actAs(request, acting, { kind: 'call', to, envelope, timeoutMs });
  if (done.kind !== 'answered') throw new Refusal('internal');
  return done.envelope;
}

const replyToCall = defineRoute(
  {
    method: 'POST',
    path: '/v1/blocks/{id}/reply',
    operation: 'replyToCall',
    summary: 'Answer a call that was received; it is done with then',
    tag: 'blocks',
    access: 'block:send',
    body: z.strictObject({ lease: z.string().max(64), ...bodySchema }),
    maxBodyBytes: MAX_MESSAGE_REQUEST_BYTES,
    success: { status: 202, describes: z.object({ replied: z.boolean() }) },
  },
  async (request) => {
    const body = toBlockBody(request.body);
    const { lease } = request.body;
    const actor = blockActorOf(request);
    unwrap(await blockOf(request).once((block) => block.reply(actor, lease, body)));
    return json({ replied: true }, 202);
  },
);

const listDeadLetters = defineRoute(
  {
    method: 'GET',
    path: '/v1/blocks/{id}/dead-letters',
    operation: 'listDeadLetters',
    summary: 'Messages that could not be processed or had to make room; for the owner of the block',
    tag: 'blocks',
    access: 'block:read',
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
    success: {
      status: 200,
      describes: z.object({
        deadLetters: z.array(received.loose()),
        next: z.number().optional(),
      }),
    },
  },
  async (request) => {
    const { after, limit } = request.query;
    const page = { after, limit: limit + 1 };
    const actor = blockActorOf(request);
    const read = await blockOf(request).again((block) => block.deadLetters(actor, page));
    const { shown, ...more } = toPage(unwrap(read), limit, ({ seq }) => seq);
    return json({ deadLetters: shown.map(toReceivedJson), ...more });
  },
);

export const blockMessageRoutes: readonly Route[] = [
  receiveMessages,
  acknowledgeMessages,
  callBlock,
  replyToCall,
  listDeadLetters,
];
