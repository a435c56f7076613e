/**
 * `/v1/webhooks/{workspace}/{channel}`: where platforms deliver. The signature over the raw body is the
 * credential; 200 means that what came is on disk.
 *
 * @module
 */

import type { WebhookVerdict } from '../../blocks/channel/channel-api.ts';
import { openChannels } from '../../blocks/channel/channel-client.ts';
import { WEBHOOK_HEADERS, type Webhook } from '../../channels/adapter.ts';
import { CHANNEL_NAME } from '../../core/channels/channel-spec.ts';
import { parseWorkspaceId } from '../../core/primitives/ids.ts';
import { logFault } from '../log-fault.ts';
import { readBytes } from '../read-body.ts';
import { hearRefusedLogin } from '../record-refused-login.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, MAX_JSON_BYTES, type Route, type RouteRequest } from '../route.ts';

const facts = {
  path: '/v1/webhooks/{workspace}/{channel}',
  tag: 'channels',
  access: 'public',
  provesItself: true,
  success: { status: 200, describes: 'platform' },
} as const;

const receiveWebhook = defineRoute(
  {
    ...{ ...facts, method: 'POST', operation: 'receiveWebhook' },
    summary: 'A signed message from the platform of a channel',
  },
  (request) => receive(request, 'POST'),
);

const answerHandshake = defineRoute(
  {
    ...{ ...facts, method: 'GET', operation: 'answerHandshake' },
    summary: 'The platform of a channel asks whether somebody is there',
  },
  (request) => receive(request, 'GET'),
);

async function receive(
  request: RouteRequest<unknown, unknown>,
  method: Webhook['method'],
): Promise<Response> {
  const { env, raw, requestId, params } = request;
  const workspace = parseWorkspaceId(params.workspace ?? '');
  const name = params.channel ?? '';
  if (workspace === undefined || !CHANNEL_NAME.test(name)) throw refused(request);
  const webhook: Webhook = {
    method,
    headers: headersOf(raw),
    query: queryOf(raw),
    body: await readBytes(raw, MAX_JSON_BYTES),
  };
  const verdict = await openChannels(env, workspace)
    .receive(name, webhook)
    .catch((fault): never => {
      logFault(fault, 'channel_unavailable', requestId);
      throw new Refusal('channel_unavailable');
    });
  if (verdict.kind === 'refused') throw refused(request);
  return toResponse(verdict);
}

/** No more than adapters read: of what proxies add, a request has many. */
function headersOf({ headers }: Request): Webhook['headers'] {
  const read: { -readonly [N in keyof Webhook['headers']]: string } = {};
  for (const name of WEBHOOK_HEADERS) {
    const value = headers.get(name);
    if (value !== null) read[name] = value;
  }
  return read;
}

function queryOf({ url }: Request): Webhook['query'] {
  return url.includes('?') ? Object.fromEntries(new URL(url).searchParams) : {};
}

/** The same whether there is no such channel or its signature is wrong. */
function refused(request: RouteRequest<unknown, unknown>): Refusal {
  hearRefusedLogin(request);
  return new Refusal('unauthenticated', {
    detail: 'Cannot accept the webhook: it must be signed',
  });
}

function toResponse(verdict: Exclude<WebhookVerdict, { readonly kind: 'refused' }>): Response {
  switch (verdict.kind) {
    case 'malformed':
      throw new Refusal('bad_request', {
        detail: 'Cannot read the webhook: not what its platform sends',
      });
    case 'full':
      throw new Refusal('lane_full', { retryAfterMs: verdict.retryAfterMs });
    case 'accepted': {
      const { answer } = verdict;
      const headers = { 'Content-Type': answer?.contentType ?? 'text/plain' };
      return new Response(answer?.body ?? '', { headers });
    }
  }
}

export const webhookRoutes: readonly Route[] = [receiveWebhook, answerHandshake];
