/**
 * What a reducer wants to have done: data, decided and carried out by the block, never by the reducer.
 *
 * @module
 */

import * as z from 'zod';
import { requestedExitSchema } from '../supervision/exit-reason.ts';

/** Most effects of one message. */
export const MAX_EFFECTS = 100;

const to = z.string().min(1).max(64);

const effect = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('send'), to, body: z.json() }),
  /** To whoever sent the message: the answer to his call, or else a message. */
  z.strictObject({ type: z.literal('reply'), body: z.json() }),
  z.strictObject({ type: z.enum(['link', 'unlink', 'monitor']), to }),
  z.strictObject({
    type: z.literal('demonitor'),
    ref: z.string().max(64),
    flush: z.boolean().default(false),
  }),
  z.strictObject({ type: z.literal('exit'), reason: requestedExitSchema }),
  z.strictObject({
    type: z.literal('timer'),
    timerId: z.string().min(1).max(64),
    afterMs: z.int().min(0).max(31_536_000_000),
    everyMs: z.int().min(100).max(31_536_000_000).exactOptional(),
    body: z.json().default(null),
  }),
  z.strictObject({ type: z.literal('cancel-timer'), timerId: z.string().max(64) }),
  z.strictObject({ type: z.literal('trap-exits'), on: z.boolean() }),
]);

/** What a reducer answers: its new state, and effects in the order in which they take place. */
export const reductionSchema = z.strictObject({
  state: z.json(),
  effects: z.array(effect).max(MAX_EFFECTS).default([]),
});

export type Effect = z.infer<typeof effect>;
export type Reduction = z.infer<typeof reductionSchema>;
