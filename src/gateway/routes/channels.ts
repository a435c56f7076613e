/**
 * `/v1/channels`: where agents can be talked to, and by whom.
 *
 * @module
 */

import * as z from 'zod';
import type {
  ChannelSummary,
  DecidePairing,
  PairingDescription,
} from '../../blocks/channel/channel-api.ts';
import { openChannels } from '../../blocks/channel/channel-client.ts';
import type { Credentials } from '../../channels/adapter.ts';
import { ADAPTERS } from '../../channels/adapters.ts';
import { findSpecProblems } from '../../channels/negotiate.ts';
import { channelMessageSchema } from '../../core/channels/channel-message.ts';
import type { ChannelSpec } from '../../core/channels/channel-spec.ts';
import { toPointerErrors } from '../../core/errors/pointer-errors.ts';
import { namedActorOf } from '../actor-of.ts';
import { SHOWN_ONCE } from '../idempotency.ts';
import { json, noContent } from '../json-response.ts';
import { isOperator, refuseFull } from '../no-room.ts';
import { found, noSuch, Refusal } from '../refusal.ts';
import { mayOnChannel, requireChannel } from '../require-channel.ts';
import { requireModel } from '../require-model.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { requireGrants, toGrants } from '../spawn-order.ts';
import {
  channelDescription,
  channelSummary,
  newChannel,
  pairing,
  pairingDecision,
} from './channel-schema.ts';

type AnyRequest = Pick<RouteRequest<unknown, unknown>, 'env' | 'caller' | 'requestId' | 'params'>;

const channelsOf = ({ env, caller }: AnyRequest) => openChannels(env, caller.principal.workspace);

const nameOf = ({ params }: AnyRequest) => params.name ?? '';

/** With what follows from the rest. */
function present<T extends ChannelSummary>({ caller }: AnyRequest, channel: T) {
  const { workspace } = caller.principal;
  const warnings = channel.spec.access.mode === 'open' ? ['open_channel'] : [];
  const family = channel.spec.platform === 'web-chat' ? 'web-chats' : 'webhooks';
  return { ...channel, webhook: `/v1/${family}/${workspace}/${channel.name}`, warnings };
}

const createChannel = defineRoute(
  {
    method: 'POST',
    path: '/v1/channels',
    operation: 'createChannel',
    summary: 'Let people talk to an agent on a platform, within a part of what the caller may do',
    tag: 'channels',
    access: 'any-principal',
    body: newChannel,
    success: { status: 201, describes: channelSummary },
    idempotency: 'replay',
  },
  async (request) => {
    const { requestId, caller, body } = request;
    const { credentials: given, ...spec } = body;
    for (const verb of ['manage', 'send', 'receive'] as const) {
      await requireChannel(request, 'createChannel', { verb, name: spec.name });
    }
    if (spec.model !== undefined) requireModel(request, spec.model);
    const grants = toGrants(spec.capabilities);
    requireGrants(request, grants);
    const problems = findSpecProblems(spec);
    if (problems.length > 0) throw invalid(problems);
    const credentials = readCredentials(spec, given);
    const creation = {
      ...{ creator: caller.principal, isOperator: isOperator(caller) },
      ...{ requestId, spec, credentials, grants },
    };
    const created = await channelsOf(request).create(creation);
    if (created === 'taken') {
      throw new Refusal('conflict', { detail: 'Cannot create the channel: its name is taken' });
    }
    if (typeof created === 'string') throw refuseFull('channel', created);
    return json(present(request, created), 201);
  },
);

function readCredentials({ platform }: ChannelSpec, given: Credentials): Credentials {
  const read = ADAPTERS[platform].credentials.safeParse(given);
  if (read.success) return read.data;
  const errors = toPointerErrors(read.error);
  throw invalid(errors.map((error) => ({ ...error, pointer: `/credentials${error.pointer}` })));
}

const invalid = (errors: readonly { readonly pointer: string; readonly detail: string }[]) =>
  new Refusal('invalid_body', { detail: 'Cannot read request: it must match the schema', errors });

const listChannels = defineRoute(
  {
    method: 'GET',
    path: '/v1/channels',
    operation: 'listChannels',
    summary: 'List the channels that the caller may list',
    tag: 'channels',
    access: 'any-principal',
    success: { status: 200, describes: z.object({ channels: z.array(channelSummary) }) },
  },
  async (request) => {
    const all = await channelsOf(request).list();
    const visible = all.filter(({ name }) => mayOnChannel(request, 'list', name));
    return json({ channels: visible.map((channel) => present(request, channel)) });
  },
);

const getChannel = defineRoute(
  {
    method: 'GET',
    path: '/v1/channels/{name}',
    operation: 'getChannel',
    summary:
      'One channel with who asked to talk, its latest updates, and replies that are in doubt',
    tag: 'channels',
    access: 'any-principal',
    success: { status: 200, describes: channelDescription },
  },
  async (request) => {
    await requireChannel(request, 'getChannel', { verb: 'list', name: nameOf(request) });
    const channel = await channelsOf(request).find(nameOf(request));
    const { pairings, ...known } = found(channel, 'channel');
    return json({ ...present(request, known), pairings: pairings.map(presentPairing) });
  },
);

const deleteChannel = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/channels/{name}',
    operation: 'deleteChannel',
    summary: 'Delete a channel with its credentials, pairings and whatever was not sent',
    tag: 'channels',
    access: 'any-principal',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    await requireChannel(request, 'deleteChannel', { verb: 'manage', name: nameOf(request) });
    const isRemoved = await channelsOf(request).remove(namedActorOf(request), nameOf(request));
    if (!isRemoved) throw noSuch('channel');
    return noContent();
  },
);

const decidePairing = defineRoute(
  {
    method: 'POST',
    path: '/v1/channels/{name}/pairings/{id}',
    operation: 'decidePairing',
    summary: 'Let in somebody who has asked to talk, or refuse him from now on',
    tag: 'channels',
    access: 'any-principal',
    body: pairingDecision,
    success: { status: 200, describes: pairing },
  },
  async (request) => {
    const channel = nameOf(request);
    await requireChannel(request, 'decidePairing', { verb: 'manage', name: channel });
    const { decision } = request.body;
    const order = { channel, pairing: request.params.id ?? '', decision, ...termsIn(request.body) };
    const decided = await channelsOf(request).decidePairing(namedActorOf(request), order);
    if (decided === undefined) {
      throw new Refusal('not_found', {
        detail: 'Cannot decide: somebody must have asked under this id',
      });
    }
    if (decided.ok) return json(presentPairing(decided.value));
    const pointer = decided.error === 'budget' ? '/budget' : '/capabilities';
    throw invalid([{ pointer, detail: 'must be within what the channel gives' }]);
  },
);

function termsIn(body: z.infer<typeof pairingDecision>): Pick<DecidePairing, 'terms'> {
  if (body.decision === 'deny') return {};
  const { capabilities, budget } = body;
  const grants = capabilities && { grants: toGrants(capabilities) };
  return { terms: { ...grants, ...(budget && { budget }) } };
}

function presentPairing({ terms, ...known }: PairingDescription) {
  const capabilities = terms?.grants?.map(({ pattern }) => pattern);
  return {
    ...known,
    ...(capabilities && { capabilities }),
    ...(terms?.budget && { budget: terms.budget }),
  };
}

const issueCode = defineRoute(
  {
    method: 'POST',
    path: '/v1/channels/{name}/codes',
    operation: 'issuePairingCode',
    summary: 'Issue a code that lets its first sender in; it is shown once and ends in ten minutes',
    tag: 'channels',
    access: 'any-principal',
    /** `joins`: the principal that the code's sender becomes, by which two accounts are one. */
    body: z.strictObject({ joins: z.string().max(64).exactOptional() }),
    mayOmitBody: true,
    success: { status: 201, describes: z.object({ code: z.string(), expiresAt: z.number() }) },
    idempotency: 'replay',
  },
  async (request) => {
    const channel = nameOf(request);
    await requireChannel(request, 'issuePairingCode', { verb: 'manage', name: channel });
    const { joins } = request.body;
    if (joins !== undefined) {
      const [name = ''] = joins.split('.', 1);
      await requireChannel(request, 'issuePairingCode', { verb: 'manage', name });
    }
    const order = { channel, ...(joins !== undefined && { joins }) };
    const issued = await channelsOf(request).issueCode(namedActorOf(request), order);
    return json(found(issued, 'channel'), 201, { [SHOWN_ONCE]: '1' });
  },
);

const resendReply = defineRoute(
  {
    method: 'POST',
    path: '/v1/channels/{name}/replies/{id}/resend',
    operation: 'resendReply',
    summary: 'Send a reply once more that failed, or of which nobody knows whether it was sent',
    tag: 'channels',
    access: 'any-principal',
    success: { status: 202, describes: z.object({ status: z.literal('pending') }) },
    idempotency: 'replay',
  },
  async (request) => {
    const name = nameOf(request);
    await requireChannel(request, 'resendReply', { verb: 'manage', name });
    const id = request.params.id ?? '';
    const isSent = await channelsOf(request).resendReply(namedActorOf(request), name, id);
    if (!found(isSent, 'reply')) {
      throw new Refusal('conflict', { detail: 'Cannot resend: it must have failed or be unknown' });
    }
    return json({ status: 'pending' }, 202);
  },
);

const NOT_SAID = {
  'answers-only': 'Cannot send: this platform lets a channel answer and nothing else',
  'foreign-chat': 'Cannot send: the chat must be one of those that the channel serves',
} as const;

const sendMessage = defineRoute(
  {
    method: 'POST',
    path: '/v1/channels/{name}/messages',
    operation: 'sendChannelMessage',
    summary: 'Say something in a chat that answers nobody; it is sent as replies are',
    tag: 'channels',
    access: 'any-principal',
    body: channelMessageSchema,
    success: {
      status: 202,
      describes: z.object({ reply: z.string(), status: z.literal('pending') }),
    },
    idempotency: 'replay',
  },
  async (request) => {
    const { caller, requestId, body: message } = request;
    const channel = nameOf(request);
    await requireChannel(request, 'sendChannelMessage', { verb: 'send', name: channel });
    const { principal } = caller;
    const order = { id: requestId, principal, requestId, channel, message };
    const verdict = await channelsOf(request).say(order);
    if (verdict.kind === 'taken') return json({ reply: verdict.id, status: 'pending' }, 202);
    if (verdict.kind === 'no-channel') throw noSuch('channel');
    if (verdict.kind === 'denied')
      throw new Refusal('denied', { detail: 'Cannot send: the grant must not have ended' });
    throw new Refusal('conflict', { detail: NOT_SAID[verdict.kind] });
  },
);

export const channelRoutes: readonly Route[] = [
  createChannel,
  listChannels,
  getChannel,
  deleteChannel,
  decidePairing,
  issueCode,
  resendReply,
  sendMessage,
];
