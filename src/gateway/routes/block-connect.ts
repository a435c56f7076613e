/**
 * `GET /v1/blocks/{id}/connect`: a WebSocket by which a block sends a consumer its messages.
 *
 * @module
 */

import * as z from 'zod';
import { blockActorOf, blockOf, unwrap } from '../open-block.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';

const connectConsumer = defineRoute(
  {
    method: 'GET',
    path: '/v1/blocks/{id}/connect',
    operation: 'connectConsumer',
    summary: 'Receive messages over a WebSocket, `window` of them at a time, and acknowledge them',
    tag: 'blocks',
    access: 'block:receive',
    query: z.strictObject({
      window: z.coerce.number().int().min(1).max(100).default(10),
      leaseMs: z.coerce.number().int().min(100).max(3_600_000).default(30_000),
    }),
    takesTicket: true,
    success: { status: 101, describes: 'websocket' },
  },
  async (request) => {
    if (request.raw.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
      throw new Refusal('bad_request', {
        detail: 'Cannot connect to the block: the request must ask for "Upgrade: websocket"',
      });
    }
    const asked = { actor: blockActorOf(request), terms: request.query };
    const webSocket = unwrap(await blockOf(request).connect(asked));
    return new Response(null, { status: 101, webSocket });
  },
);

export const blockConnectRoutes: readonly Route[] = [connectConsumer];
