/**
 * `/v1/workspaces` and `/v1/tokens`: policy, members, and credentials.
 *
 * @module
 */

import * as z from 'zod';
import { randomHex } from '../../blocks/kit/keys.ts';
import type { WorkspaceDescription } from '../../blocks/workspace/workspace-api.ts';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { CLIENT_CLASSES } from '../../core/policy/client-class.ts';
import { type Policy, policySchema } from '../../core/policy/policy.ts';
import { parseWorkspaceId } from '../../core/primitives/ids.ts';
import { toPointer } from '../../core/primitives/json.ts';
import { issueToken } from '../access-token.ts';
import { actorOf } from '../actor-of.ts';
import { SHOWN_ONCE } from '../idempotency.ts';
import { json, noContent } from '../json-response.ts';
import { found, invalidBody, noSuch } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';
import { administrates, workspaceOf } from '../workspace-of.ts';
import { fromWorkspace } from '../workspace-refusal.ts';

const SUBJECT = /^[a-z0-9][a-z0-9._-]{0,63}$/;

const member = z.strictObject({
  id: z.string().regex(SUBJECT),
  grants: z.array(z.string().max(512)).max(500),
});

const changeBody = z.strictObject({
  policy: policySchema.optional(),
  members: z.array(member).max(1_000).optional(),
  /** Refuses the change if the workspace is at another revision by now. */
  ifRevision: z.number().int().min(0).optional(),
});

const warnings = z.array(
  z.object({ code: z.literal('wide_grant'), pattern: z.string(), narrower: z.string() }),
);

const workspace = z.object({
  id: z.string(),
  revision: z.number(),
  policy: policySchema,
  members: z.array(member),
  warnings,
});

const readWorkspace = defineRoute(
  {
    method: 'GET',
    path: '/v1/workspaces/{id}',
    operation: 'readWorkspace',
    summary: 'Read policy, members and revision',
    tag: 'workspaces',
    access: 'system:config:read',
    success: { status: 200, describes: workspace },
  },
  async (request) => answer(await workspaceOf(request).client.describe()),
);

/** A rate of a route that does not exist would bound nothing, and nobody would be told. */
function requireRoutes({ rates }: Policy, operations: ReadonlySet<string>): void {
  const unknown = Object.keys(rates.routes).find((name) => !operations.has(name));
  if (unknown === undefined) return;
  const pointer = toPointer('/policy/rates/routes', unknown);
  throw invalidBody({ pointer, detail: 'must be the operationId of a route' });
}

const changeWorkspaceAmong = (operations: () => ReadonlySet<string>) =>
  defineRoute(
    {
      method: 'PUT',
      path: '/v1/workspaces/{id}',
      operation: 'changeWorkspace',
      summary: 'Set policy and members; the parts that are absent stay as they are',
      tag: 'workspaces',
      access: 'system:config:write',
      body: changeBody,
      success: { status: 200, describes: workspace },
    },
    async (request) => {
      const { caller, body } = request;
      const { client } = workspaceOf(request);
      if (body.policy !== undefined) requireRoutes(body.policy, operations());
      const actor = actorOf(request);
      if (administrates(caller)) await client.found(actor);
      const changed = await client.change(actor, {
        ...(body.policy !== undefined && { policy: body.policy }),
        ...(body.members !== undefined && { members: body.members }),
        ...(body.ifRevision !== undefined && { ifRevision: body.ifRevision }),
      });
      if (!changed.ok) throw fromWorkspace(changed.error);
      return answer(changed.value);
    },
  );

const tokenBody = z.strictObject({
  subject: z.strictObject({ kind: z.enum(['user', 'service']), id: z.string().regex(SUBJECT) }),
  grants: z.array(z.string().max(512)).min(1).max(500),
  /** Seconds that it lives; at most a year. */
  expiresInSeconds: z.number().int().min(1).max(31_536_000).default(2_592_000),
  name: z.string().max(100).optional(),
  /** Only for who administrates the deployment: the workspace that the token is for. */
  workspace: z.string().max(63).optional(),
});

const token = z.object({
  id: z.string(),
  token: z.string().optional(),
  subject: z.string(),
  grants: z.array(z.string()),
  createdAt: z.number(),
  createdBy: z.string(),
  expiresAt: z.number().optional(),
  /** To the minute, as are those of its origins. */
  lastUsedAt: z.number().optional(),
  origins: z
    .array(
      z.object({
        /** As the platform says; absent where it does not. Of IPv6 the network alone. */
        source: z.string().optional(),
        client: z.enum(CLIENT_CLASSES),
        firstAt: z.number(),
        lastAt: z.number(),
      }),
    )
    .optional(),
  revokedAt: z.number().optional(),
});

const issue = defineRoute(
  {
    method: 'POST',
    path: '/v1/tokens',
    operation: 'issueToken',
    summary: 'Issue a token with a part of your own grants; its text is shown once',
    tag: 'tokens',
    access: 'system:token:issue',
    body: tokenBody,
    success: { status: 201, describes: token.extend({ warnings }) },
    idempotency: 'replay',
  },
  async (request) => {
    const { env, caller, body } = request;
    const id =
      body.workspace === undefined ? caller.principal.workspace : parseWorkspaceId(body.workspace);
    if (id === undefined || (id !== caller.principal.workspace && !administrates(caller))) {
      throw noSuch('workspace');
    }
    const fresh = issueToken(env.SALLYPORT_MASTER_KEY, id);
    const issued = await openWorkspace(env, id).issueToken(actorOf(request), {
      tokenId: `tok_${randomHex(16)}`,
      tokenHash: fresh.hash,
      subject: body.subject,
      grants: body.grants,
      expiresAt: Date.now() + body.expiresInSeconds * 1_000,
      ...(body.name !== undefined && { name: body.name }),
    });
    if (!issued.ok) throw fromWorkspace(issued.error);
    return json({ ...issued.value, token: fresh.text }, 201, { [SHOWN_ONCE]: 'true' });
  },
);

const listTokens = defineRoute(
  {
    method: 'GET',
    path: '/v1/tokens',
    operation: 'listTokens',
    summary: 'List the tokens of the workspace, never their texts',
    tag: 'tokens',
    access: 'system:token:issue',
    success: { status: 200, describes: z.object({ tokens: z.array(token) }) },
  },
  async ({ env, caller }) =>
    json({ tokens: await openWorkspace(env, caller.principal.workspace).listTokens() }),
);

const revoke = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/tokens/{id}',
    operation: 'revokeToken',
    summary: 'Revoke a token, and with it what was given on from it; effective at the next request',
    tag: 'tokens',
    access: 'system:token:revoke',
    success: { status: 204, describes: z.undefined() },
  },
  async ({ env, caller, requestId, params }) => {
    const { principal } = caller;
    const client = openWorkspace(env, principal.workspace);
    const revoked = await client.revokeToken({ principal, requestId }, params.id ?? '');
    if (!revoked) throw noSuch('token');
    return noContent();
  },
);

function answer(description: WorkspaceDescription | undefined): Response {
  const known = found(description, 'workspace');
  return json(known, 200, { ETag: `"${known.revision}"` });
}

/** `operations`: the names of all routes that there are. */
export function workspaceRoutesAmong(operations: () => ReadonlySet<string>): readonly Route[] {
  return [readWorkspace, changeWorkspaceAmong(operations), issue, listTokens, revoke];
}
