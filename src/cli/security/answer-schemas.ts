/**
 * What the audit takes from the gateway's answers. Members that it does not need are let through: a
 * gateway may be newer than the clone that asks.
 *
 * @module
 */

import * as z from 'zod';
import { policySchema } from '../../core/policy/policy.ts';

/**
 * Names, ids and patterns go into commands that somebody will run, and a gateway may lie: what could be
 * anything else to a shell is refused.
 */
const name = z.string().regex(/^[A-Za-z0-9._~/@+=%*:-]{1,512}$/, 'must be a name');
const names = z.array(name);
const texts = z.array(z.string());

export const workspaceAnswer = z.object({
  revision: z.number(),
  policy: policySchema,
  members: z.array(z.object({ id: name, grants: names })),
});

export const registryAnswers = {
  tokens: z.object({
    tokens: z.array(
      z.object({
        id: name,
        subject: name,
        grants: names,
        createdAt: z.number(),
        expiresAt: z.number().optional(),
        lastUsedAt: z.number().optional(),
        revokedAt: z.number().optional(),
      }),
    ),
  }),
  plugins: z.object({
    plugins: z.array(
      z.object({
        name,
        version: name,
        tier: z.string(),
        state: z.string(),
        sha256: z.string(),
        signedBy: name.optional(),
      }),
    ),
  }),
  nodes: z.object({
    nodes: z.array(
      z.object({
        id: name,
        name,
        state: z.string(),
        allow: names,
        deny: names,
        version: z.string().optional(),
        approvedAt: z.number(),
        lastSeenAt: z.number().optional(),
      }),
    ),
  }),
  channels: z.object({
    channels: z.array(
      z.object({
        name,
        spec: z.object({ platform: z.string(), access: z.object({ mode: z.string() }) }),
      }),
    ),
  }),
  secrets: z.object({
    secrets: z.array(z.object({ name, hosts: texts, updatedAt: z.number() })),
  }),
} as const;

export const switchesAnswer = z.object({
  switches: z.array(
    z.object({ killSwitch: z.object({ kind: z.string(), name: z.string().optional() }) }),
  ),
});

const optional = z.string().exactOptional();

export const recordPage = z.object({
  records: z.array(
    z.object({
      event: z.object({
        action: z.string(),
        decision: z.enum(['allowed', 'denied', 'observed']),
        at: z.number(),
        actor: z.string(),
        ...{ tool: optional, model: optional, resource: optional },
      }),
    }),
  ),
  next: z.number().optional(),
});
