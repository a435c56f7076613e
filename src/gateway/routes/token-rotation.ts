/**
 * `POST /v1/tokens/{id}/rotate`, `POST /v1/tokens/revoke` and `POST /v1/tickets`: another text for a
 * token, an end of many, and a text that a browser may put into a URL.
 *
 * @module
 */

import * as z from 'zod';
import { openGovernance } from '../../blocks/workspace/governance-client.ts';
import { issueTicket, issueToken, TICKET_LIFE_MS } from '../access-token.ts';
import { SHOWN_ONCE } from '../idempotency.ts';
import { json } from '../json-response.ts';
import { defineRoute, type Route } from '../route.ts';
import { fromWorkspace } from '../workspace-refusal.ts';

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
  },
  async ({ env, caller, requestId, params, body }) => {
    const { principal } = caller;
    const fresh = issueToken(env.SALLYPORT_MASTER_KEY, principal.workspace);
    const rotated = await openGovernance(env, principal.workspace).rotateToken(
      { principal, requestId },
      {
        tokenId: params.id ?? '',
        tokenHash: fresh.hash,
        overlapMs: body.overlapSeconds * 1_000,
      },
    );
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
    success: {
      status: 201,
      describes: z.object({ ticket: z.string(), expiresAt: z.number() }),
    },
  },
  async ({ env, caller }) => {
    const { principal } = caller;
    const fresh = issueTicket(env.SALLYPORT_MASTER_KEY, principal.workspace);
    const expiresAt = Date.now() + TICKET_LIFE_MS;
    await openGovernance(env, principal.workspace).issueTicket({
      ticketHash: fresh.hash,
      principal,
      expiresAt,
    });
    return json({ ticket: fresh.text, expiresAt }, 201);
  },
);

export const tokenRotationRoutes: readonly Route[] = [rotate, revokeMany, ticket];
