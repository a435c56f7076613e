/**
 * `/v1/nodes`: the machines of a workspace that run its process and container tier. An operator
 * approves one and gets a one-time code; the executor there redeems it and connects.
 *
 * @module
 */

import * as z from 'zod';
import { randomHex } from '../../blocks/kit/keys.ts';
import { openNodes } from '../../blocks/node/node-client.ts';
import { MACHINE_FAMILY_NAMES } from '../../core/policy/granted-on-machine.ts';
import { allowListSchema, denyListSchema } from '../../core/policy/pattern-lists.ts';
import {
  issueNodeId,
  type NodeId,
  parseWorkspaceId,
  readNodeId,
  type WorkspaceId,
} from '../../core/primitives/ids.ts';
import { namedActorOf } from '../actor-of.ts';
import { deploymentHash } from '../deployment-keys.ts';
import { issueEnrolmentCode, MAX_CODE_LENGTH, readEnrolmentCode } from '../enrolment-code.ts';
import { SHOWN_ONCE } from '../idempotency.ts';
import { json, noContent } from '../json-response.ts';
import { isOperator, refuseFull } from '../no-room.ts';
import { found, noSuch, Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';

/** How long a code can be redeemed, in milliseconds. */
const CODE_MS = 600_000;

const CHANCE_BYTES = 16;

const EVERYTHING_ON_A_MACHINE = ['tool:call', ...MACHINE_FAMILY_NAMES];

const node = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(['invited', 'offline', 'online', 'draining']),
  allow: z.array(z.string()),
  deny: z.array(z.string()),
  approvedBy: z.string(),
  approvedAt: z.number(),
  enrolledAt: z.number().optional(),
  connectedAt: z.number().optional(),
  lastSeenAt: z.number().optional(),
  /** While it is refused for that. */
  clockAheadMs: z.number().optional(),
  version: z.string().optional(),
  platform: z.string().optional(),
  slots: z.number().optional(),
  plugins: z.array(z.object({ name: z.string(), codeHash: z.string(), tier: z.string() })),
  running: z.number(),
  waiting: z.number(),
});

const nodeIds = (masterKey: string) => deploymentHash(masterKey, 'node-ids');

const approveNode = defineRoute(
  {
    method: 'POST',
    path: '/v1/nodes',
    operation: 'approveNode',
    summary:
      'Approve a machine as a node; the code to enrol it is shown once and ends in ten minutes',
    tag: 'nodes',
    access: 'system:node:approve',
    body: z.strictObject({
      name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
      /** All that it may run, whatever a call was approved for. */
      allow: allowListSchema.prefault(EVERYTHING_ON_A_MACHINE),
      deny: denyListSchema.prefault([]),
    }),
    success: {
      status: 201,
      describes: node.extend({ code: z.string().optional(), expiresAt: z.number() }),
    },
    idempotency: 'replay',
  },
  async (request) => {
    const { env, body } = request;
    const { workspace } = request.caller.principal;
    const id = issueNodeId(workspace, randomHex(CHANCE_BYTES), nodeIds(env.SALLYPORT_MASTER_KEY));
    const { code, codeHash } = issueEnrolmentCode(workspace, id);
    const expiresAt = Date.now() + CODE_MS;
    const { name, allow, deny } = body;
    const invitation = { id, name, ceiling: { allow, deny }, codeHash, expiresAt };
    const approval = { ...invitation, isOperator: isOperator(request.caller) };
    const approved = await openNodes(env, workspace).approve(namedActorOf(request), approval);
    if (typeof approved === 'string') throw refuseFull('node', approved);
    return json({ ...approved, code, expiresAt }, 201, {
      Location: `/v1/nodes/${id}`,
      [SHOWN_ONCE]: '1',
    });
  },
);

const enrolNode = defineRoute(
  {
    method: 'POST',
    path: '/v1/nodes/enrol',
    operation: 'enrolNode',
    summary: 'Redeem the code of a node, with the key that it will prove itself by',
    tag: 'nodes',
    access: 'public',
    body: z.strictObject({
      code: z.string().max(MAX_CODE_LENGTH),
      publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
      signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
    }),
    success: {
      status: 200,
      describes: z.object({
        workspace: z.string(),
        node: z.string(),
        name: z.string(),
        gatewayKey: z.string(),
      }),
    },
  },
  async ({ env, requestId, body }) => {
    const named = readEnrolmentCode(body.code, nodeIds(env.SALLYPORT_MASTER_KEY));
    if (named === undefined) throw refusedCode();
    const { workspace, node: id, code, codeHash } = named;
    const { publicKey, signature } = body;
    const request = { id, code, codeHash, publicKey, signature, requestId };
    const enrolled = await openNodes(env, workspace).enrol(request);
    if (!enrolled.ok) throw refusedCode();
    return json({ workspace, node: id, ...enrolled.value });
  },
);

/** The same for every reason, so that nothing can be learnt by trying. */
function refusedCode(): Refusal {
  return new Refusal('unauthenticated', {
    detail: 'Cannot enrol: the code must be live, not used before, and signed by the key',
  });
}

const listNodes = defineRoute(
  {
    method: 'GET',
    path: '/v1/nodes',
    operation: 'listNodes',
    summary: 'List the nodes of the workspace and how they are',
    tag: 'nodes',
    access: 'system:node:list',
    success: { status: 200, describes: z.object({ nodes: z.array(node) }) },
  },
  async ({ env, caller }) =>
    json({ nodes: await openNodes(env, caller.principal.workspace).list() }),
);

const changeNode = defineRoute(
  {
    method: 'PUT',
    path: '/v1/nodes/{id}/ceiling',
    operation: 'changeNode',
    summary: 'Change all that a node may run, from the next call on',
    tag: 'nodes',
    access: 'system:node:approve',
    body: z.strictObject({ allow: allowListSchema, deny: denyListSchema.prefault([]) }),
    success: { status: 200, describes: node },
  },
  async (request) => {
    const nodes = openNodes(request.env, request.caller.principal.workspace);
    const actor = namedActorOf(request);
    const changed = await nodes.setCeiling(actor, nodeOf(request), request.body);
    return json(found(changed, 'node'));
  },
);

const revokeNode = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/nodes/{id}',
    operation: 'revokeNode',
    summary: 'Revoke a node: its connection ends at once, and nothing more is sent to it',
    tag: 'nodes',
    access: 'system:node:revoke',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const nodes = openNodes(request.env, request.caller.principal.workspace);
    const isRevoked = await nodes.revoke(namedActorOf(request), nodeOf(request));
    if (!isRevoked) throw noSuch('node');
    return noContent();
  },
);

const listCalls = defineRoute(
  {
    method: 'GET',
    path: '/v1/nodes/{id}/calls',
    operation: 'listNodeCalls',
    summary: 'List the latest calls of a node, or one by its key, and how each of them stands',
    tag: 'nodes',
    access: 'system:node:list',
    query: z.strictObject({ call: z.string().min(1).max(128).optional() }),
    success: {
      status: 200,
      describes: z.object({
        calls: z.array(
          z.object({
            callKey: z.string(),
            node: z.string(),
            tool: z.string(),
            state: z.enum(['waiting', 'sent', 'done', 'failed', 'unknown']),
            outcome: z.string().optional(),
            at: z.number(),
          }),
        ),
      }),
    },
  },
  async (request) => {
    const { env, caller, query } = request;
    const nodes = openNodes(env, caller.principal.workspace);
    const calls = await nodes.calls(nodeOf(request), query.call);
    return json({ calls: found(calls, 'node') });
  },
);

function nodeOf({ env, caller, params }: RouteRequest<unknown, unknown>): NodeId {
  const { workspace } = caller.principal;
  return found(readNodeId(workspace, params.id ?? '', nodeIds(env.SALLYPORT_MASTER_KEY)), 'node');
}

const connectNode = defineRoute(
  {
    method: 'GET',
    path: '/v1/nodes/connect',
    operation: 'connectNode',
    summary: 'The WebSocket of a node, which proves itself by its key before anything else',
    tag: 'nodes',
    access: 'public',
    query: z.strictObject({ workspace: z.string().max(63), node: z.string().max(64) }),
    success: { status: 101, describes: z.undefined() },
  },
  async ({ env, raw, query }) => {
    if (raw.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
      throw new Refusal('bad_request', { detail: 'Cannot connect: it must be a WebSocket' });
    }
    const workspace = found(readPlace(env.SALLYPORT_MASTER_KEY, query), 'node');
    const response = await openNodes(env, workspace).fetch(raw);
    if (response.webSocket === null) throw noSuch('node');
    return new Response(null, { status: 101, webSocket: response.webSocket });
  },
);

/** The workspace, if the node was issued there: any other name reaches no object. */
function readPlace(
  masterKey: string,
  query: { readonly workspace: string; readonly node: string },
): WorkspaceId | undefined {
  const workspace = parseWorkspaceId(query.workspace);
  const id = workspace && readNodeId(workspace, query.node, nodeIds(masterKey));
  return id === undefined ? undefined : workspace;
}

export const nodeRoutes: readonly Route[] = [
  approveNode,
  enrolNode,
  listNodes,
  connectNode,
  changeNode,
  revokeNode,
  listCalls,
];
