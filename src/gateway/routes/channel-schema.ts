/**
 * How channels are described, in answers and in the API's description.
 *
 * @module
 */

import * as z from 'zod';
import { channelSchema, dailyBudgetSchema } from '../../core/channels/channel-spec.ts';

export const pairing = z.object({
  id: z.string(),
  sender: z.string(),
  principal: z.string(),
  state: z.enum(['pending', 'paired', 'denied']),
  requestedAt: z.number(),
  /** Where he may do or spend less than the channel gives to all. */
  capabilities: z.array(z.string()).optional(),
  budget: dailyBudgetSchema.optional(),
});

/** `capabilities` and `budget` are of whom is let in, and at most what the channel gives. */
export const pairingDecision = z.discriminatedUnion('decision', [
  z.strictObject({
    decision: z.literal('approve'),
    capabilities: z.array(z.string().max(512)).max(256).exactOptional(),
    budget: dailyBudgetSchema.exactOptional(),
  }),
  z.strictObject({ decision: z.literal('deny') }),
]);

const reply = z.object({
  id: z.string(),
  updateId: z.string(),
  status: z.enum(['pending', 'sending', 'sent', 'unknown', 'failed']),
  attempts: z.number(),
  createdAt: z.number(),
  receipt: z.string().optional(),
  code: z.string().optional(),
});

const update = z.object({
  updateId: z.string(),
  status: z.enum(['waiting', 'answered', 'refused']),
  principal: z.string().optional(),
  receivedAt: z.number(),
  sessionId: z.string().optional(),
  turnId: z.string().optional(),
  code: z.string().optional(),
});

export const channelSummary = z.object({
  name: z.string(),
  spec: z.record(z.string(), z.unknown()),
  createdBy: z.string(),
  createdAt: z.number(),
  /** Where its platform delivers to, on this gateway, or its pages connect to. */
  webhook: z.string(),
  warnings: z.array(z.literal('open_channel')),
});

export const channelDescription = channelSummary.extend({
  pairings: z.array(pairing),
  replies: z.array(reply),
  updates: z.array(update),
  counts: z.object({ waiting: z.number(), answered: z.number(), refused: z.number() }),
});

/** A channel with what proves it to its platform, which is stored sealed and told to nobody. */
export const newChannel = channelSchema.extend({
  credentials: z.record(z.string().max(64), z.string().max(2_048)),
});
