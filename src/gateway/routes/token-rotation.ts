/**
 * `POST /v1/tokens/{id}/rotate`, `POST /v1/tokens/revoke` and `POST /v1/tickets`: another text for a
 * token, an end of many, and a text that a browser may put into a URL.
 *
 * @module
 */

import * as z from 'zod';
import { openGovernance } from '../../blocks/workspace/governance-client.ts';
import { type Caveat, caveatSchema, MAX_CAVEATS } from '../../core/policy/caveat.ts';
import type { Principal } from '../../core/policy/principal.ts';
import { issueTicket, issueToken, TICKET_LIFE_MS } from '../access-token.ts';
import { actorOf } from '../actor-of.ts';
import { SHOWN_ONCE } from '../idempotency.ts';
import { json } from '../json-response.ts';
import { invalidBody, Refusal } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';
import { fromWorkspace } from '../workspace-refusal.ts';

/** In seconds. */
const MAX_TICKET_LIFE = TICKET_LIFE_MS / 1_000;

/** As browsers send it: without query and fragment. */
const PATH = /^\/[\x21-\x7e]{0,511}$/;

/** A week, in seconds. */
const MAX_OVERLAP = 604_800;

const rotate = defineRoute(
  {
    method: 'POST',
    path: '/v1/tokens/{id}/rotate',
    operation: 'rotateToken',
    summary:
      'Give a token another text, shown once; the one before stays good for `overlapSeconds`',
    tag: 'tokens',
    access: 'system:token:issue',
    body: z.strictObject({
      overlapSeconds: z.number().int().min(0).max(MAX_OVERLAP).default(3_600),
    }),
    mayOmitBody: true,
    success: {
      status: 200,
      describes: z.object({ id: z.string(), token: z.string(), formerUntil: z.number() }),
    },
    idempotency: 'replay',
  },
  async (request) => {
    const { env, caller, params, body } = request;
    const { principal } = caller;
    const fresh = issueToken(env.SALLYPORT_MASTER_KEY, principal.workspace);
    const rotated = await openGovernance(env, principal.workspace).rotateToken(actorOf(request), {
      tokenId: params.id ?? '',
      tokenHash: fresh.hash,
      overlapMs: body.overlapSeconds * 1_000,
    });
    if (!rotated.ok) throw fromWorkspace(rotated.error);
    return json({ ...rotated.value, token: fresh.text }, 200, { [SHOWN_ONCE]: 'true' });
  },
);

const revokeMany = defineRoute(
  {
    method: 'POST',
    path: '/v1/tokens/revoke',
    operation: 'revokeTokens',
    summary: 'Revoke all tokens of a principal, or of everybody, but your own and those above it',
    tag: 'tokens',
    access: 'system:token:revoke',
    body: z.union([
      z.strictObject({ subject: z.string().max(80) }),
      z.strictObject({ everybody: z.literal(true) }),
    ]),
    success: { status: 200, describes: z.object({ revoked: z.number() }) },
  },
  async ({ env, caller: { principal }, requestId, body }) => {
    const order = 'subject' in body ? { subject: body.subject } : {};
    const governance = openGovernance(env, principal.workspace);
    return json({ revoked: await governance.revokeMany({ principal, requestId }, order) });
  },
);

const ticket = defineRoute(
  {
    method: 'POST',
    path: '/v1/tickets',
    operation: 'issueTicket',
    summary:
      'A ticket for one request within a minute, as `?ticket=` of a WebSocket or event stream',
    tag: 'tokens',
    access: 'any-principal',
    body: z.strictObject({
      /** Take away from it, as from a token. */
      caveats: z.array(caveatSchema).max(MAX_CAVEATS).default([]),
      /** The only path that it opens. */
      path: z.string().regex(PATH).optional(),
      expiresInSeconds: z.number().int().min(1).max(MAX_TICKET_LIFE).default(MAX_TICKET_LIFE),
    }),
    mayOmitBody: true,
    success: {
      status: 201,
      describes: z.object({ ticket: z.string(), expiresAt: z.number() }),
    },
    idempotency: 'replay',
  },
  async ({ env, caller, body }) => {
    const fresh = issueTicket(env.SALLYPORT_MASTER_KEY, caller.principal.workspace);
    const { textEndsAt = Number.POSITIVE_INFINITY } = caller;
    const expiresAt = Math.min(Date.now() + body.expiresInSeconds * 1_000, textEndsAt);
    const retryAfterMs = await openGovernance(env, caller.principal.workspace).issueTicket({
      ticketHash: fresh.hash,
      principal: narrowed(caller.principal, body.caveats),
      expiresAt,
      ...(body.path !== undefined && { path: body.path }),
    });
    if (retryAfterMs > 0) {
      const detail = 'Cannot issue the ticket: fewer of the same principal must be unused';
      throw new Refusal('rate_limited', { detail, retryAfterMs });
    }
    return json({ ticket: fresh.text, expiresAt }, 201, { [SHOWN_ONCE]: 'true' });
  },
);

/** A principal keeps the caveats that it came with. */
function narrowed(principal: Principal, added: readonly Caveat[]): Principal {
  const caveats = [...(principal.caveats ?? []), ...added];
  if (caveats.length > MAX_CAVEATS) {
    const detail = `must be at most ${MAX_CAVEATS}, with those of your own token`;
    throw invalidBody({ pointer: '/caveats', detail });
  }
  return added.length === 0 ? principal : { ...principal, caveats };
}

export const tokenRotationRoutes: readonly Route[] = [rotate, revokeMany, ticket];
