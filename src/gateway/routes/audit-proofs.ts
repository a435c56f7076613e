/**
 * `/v1/audit/checkpoints` and `/v1/audit/proofs`: what a stranger needs to see that a record is in
 * the audit, and that the audit of today begins with that of yesterday.
 *
 * @module
 */

import * as z from 'zod';
import { openAudit } from '../../blocks/audit/audit-client.ts';
import { auditKey } from '../deployment-keys.ts';
import { json } from '../json-response.ts';
import { toPage } from '../list-page.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';

const size = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const checkpoint = z.object({ size: z.number(), at: z.number(), note: z.string() });

const getKey = defineRoute(
  {
    method: 'GET',
    path: '/v1/audit/key',
    operation: 'auditKey',
    summary: 'The public key that signs the checkpoints of every audit of this deployment',
    tag: 'audit',
    access: 'public',
    success: {
      status: 200,
      describes: z.object({ algorithm: z.literal('Ed25519'), publicKey: z.string() }),
    },
  },
  async ({ env }) => {
    const { publicKey } = auditKey(env.SALLYPORT_MASTER_KEY);
    return json({ algorithm: 'Ed25519', publicKey });
  },
);

const listCheckpoints = defineRoute(
  {
    method: 'GET',
    path: '/v1/audit/checkpoints',
    operation: 'listCheckpoints',
    summary: 'Read the signed checkpoints, oldest first',
    tag: 'audit',
    access: 'system:audit:read',
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    success: {
      status: 200,
      describes: z.object({ checkpoints: z.array(checkpoint), next: z.number().optional() }),
    },
  },
  async ({ env, caller, query: { after, limit } }) => {
    const audit = openAudit(env, caller.principal.workspace);
    const read = await audit.checkpoints(after, limit + 1);
    const { shown, ...more } = toPage(read, limit, ({ size }) => size);
    return json({ checkpoints: shown, ...more });
  },
);

const signCheckpoint = defineRoute(
  {
    method: 'POST',
    path: '/v1/audit/checkpoints',
    operation: 'signCheckpoint',
    summary: 'Sign a checkpoint now, instead of within a minute',
    tag: 'audit',
    access: 'system:audit:read',
    success: { status: 200, describes: checkpoint },
  },
  async ({ env, caller }) => {
    const signed = await openAudit(env, caller.principal.workspace).sign();
    if (signed === undefined)
      throw new Refusal('not_found', {
        detail: 'Cannot sign a checkpoint: there must be a record',
      });
    return json(signed);
  },
);

const proveInclusion = defineRoute(
  {
    method: 'GET',
    path: '/v1/audit/proofs/inclusion',
    operation: 'proveInclusion',
    summary: 'Prove that a record is in the tree of a size (RFC 6962)',
    tag: 'audit',
    access: 'system:audit:read',
    query: z.strictObject({ seq: size, size }),
    success: {
      status: 200,
      describes: z.object({
        seq: z.number(),
        size: z.number(),
        leaf: z.string(),
        path: z.array(z.string()),
        root: z.string(),
      }),
    },
  },
  async ({ env, caller, query }) => {
    const audit = openAudit(env, caller.principal.workspace);
    return proved(await audit.inclusion(query.seq, query.size));
  },
);

const proveConsistency = defineRoute(
  {
    method: 'GET',
    path: '/v1/audit/proofs/consistency',
    operation: 'proveConsistency',
    summary: 'Prove that the tree of one size begins with that of a smaller one (RFC 6962)',
    tag: 'audit',
    access: 'system:audit:read',
    query: z.strictObject({ from: size, to: size }),
    success: {
      status: 200,
      describes: z.object({
        from: z.number(),
        fromRoot: z.string(),
        to: z.number(),
        toRoot: z.string(),
        path: z.array(z.string()),
      }),
    },
  },
  async ({ env, caller, query }) => {
    const audit = openAudit(env, caller.principal.workspace);
    return proved(await audit.consistency(query.from, query.to));
  },
);

function proved(proof: object | undefined): Response {
  if (proof === undefined) {
    throw new Refusal('not_found', {
      detail:
        'Cannot prove it: there must be so many records, and the smaller number must come first',
    });
  }
  return json(proof);
}

export const auditProofRoutes: readonly Route[] = [
  getKey,
  listCheckpoints,
  signCheckpoint,
  proveInclusion,
  proveConsistency,
];
