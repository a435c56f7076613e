/**
 * What a node's ticket holds beyond its signature: the claims of one approved call, and what that
 * node may run at all. Read whole by the executor before anything in it counts.
 *
 * @module
 */

import * as z from 'zod';
import {
  type Capability,
  type CapabilityPattern,
  parseCapability,
  parsePattern,
} from '../capabilities/pattern.ts';
import { executorLimitsSchema } from '../manifest/executor-limits.ts';
import type { NodeCeiling } from './executor-run.ts';
import type { TicketClaims } from './ticket.ts';

/**
 * The header of every ticket, and the only one that is accepted: a token of this key for anything else
 * is no ticket, and none chooses how it is verified.
 */
export const NODE_TICKET_HEADER = { alg: 'EdDSA', typ: 'sallyport-ticket+jwt' } as const;

/** Longest time from issue to expiry, in milliseconds. */
export const MAX_TICKET_LIFE_MS = 600_000;

/** How far the clocks of gateway and executor may be apart, in milliseconds. */
export const MAX_CLOCK_SKEW_MS = 30_000;

/** Claims of a call that an executor runs. */
export type NodeCallClaims = TicketClaims & {
  readonly tier: 'process' | 'container';
  readonly executor: NonNullable<TicketClaims['executor']>;
};

export interface NodeTicket {
  /** Of this ticket, 128 random bits as hex. */
  readonly id: string;
  readonly audience: string;
  /** Epoch seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly call: NodeCallClaims;
  readonly ceiling: NodeCeiling;
}

const MAX_PATTERNS = 256;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().min(1).max(256);

const pattern = z.string().transform((text, context): CapabilityPattern => {
  const parsed = parsePattern(text);
  if (parsed.ok) return parsed.value;
  context.addIssue({ code: 'custom', message: 'must be a pattern' });
  return z.NEVER;
});

const capability = z.string().transform((text, context): Capability => {
  const parsed = parseCapability(text);
  if (parsed.ok) return parsed.value;
  context.addIssue({ code: 'custom', message: 'must be a capability' });
  return z.NEVER;
});

const rulesSchema = z.strictObject({
  allow: z.array(pattern).max(MAX_PATTERNS),
  deny: z.array(pattern).max(MAX_PATTERNS),
});

const labelSchema = z.strictObject({
  integrity: z.enum(['trusted', 'untrusted']),
  confidentiality: z.enum(['public', 'workspace', 'secret']),
});

const callSchema = z.strictObject({
  workspace: name,
  session: name,
  callKey: z.string().min(1).max(128),
  tool: name,
  plugin: name,
  pluginVersion: name,
  codeHash: hash,
  argumentHash: hash,
  tier: z.enum(['process', 'container']),
  executor: z.strictObject({
    entry: name,
    principal: name,
    capabilities: z.array(capability).max(2_048),
    granted: rulesSchema,
    limits: executorLimitsSchema,
    configHash: hash.exactOptional(),
  }),
  label: labelSchema,
  revision: z.int().min(0),
  epoch: z.int().min(0),
  deadlineAt: z.int().min(0),
});

const payloadSchema = z.strictObject({
  jti: z.string().regex(/^[0-9a-f]{32}$/),
  aud: z.string(),
  iat: z.int().min(0),
  exp: z.int().min(0),
  call: callSchema,
  ceiling: rulesSchema,
});

/** Of a payload that was signed; nothing for one of any other shape. */
export function readNodeTicket(payload: unknown): NodeTicket | undefined {
  const read = payloadSchema.safeParse(payload);
  if (!read.success) return undefined;
  const { jti: id, aud: audience, iat: issuedAt, exp: expiresAt, call, ceiling } = read.data;
  return { id, audience, issuedAt, expiresAt, call, ceiling };
}
