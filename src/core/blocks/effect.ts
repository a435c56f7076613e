/**
 * What a reducer wants to have done: data, decided and carried out by the block, never by the reducer.
 *
 * @module
 */

import * as z from 'zod';
import { TOOL_NAME } from '../manifest/tool-definition.ts';
import { requestedExitSchema } from '../supervision/exit-reason.ts';
import { blockSpecSchema } from './block-spec.ts';

/** Most effects of one message. */
const MAX_EFFECTS = 100;

/** Names of databases and settings. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

const to = z.string().min(1).max(64);

/** Given by the reducer: the answer, which comes as a message, carries the same. */
const ref = z.string().min(1).max(64);
const key = z.string().min(1).max(512);

const storeAct = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('get'), key }),
  z.strictObject({ kind: z.literal('put'), key, value: z.json() }),
  z.strictObject({ kind: z.literal('delete'), key }),
  z.strictObject({
    kind: z.literal('list'),
    prefix: z.string().max(512).default(''),
    after: z.string().max(512).default(''),
    limit: z.int().min(1).max(100).default(20),
  }),
]);

/** What is asked of others than blocks. Done after the transaction, once, and answered by a message. */
const request = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('call-tool'),
    ref,
    tool: z.string().regex(TOOL_NAME),
    arguments: z.record(z.string(), z.json()).default({}),
  }),
  /** Of the workspace: all blocks with the capability share it. */
  z.strictObject({ type: z.literal('memory'), ref, act: storeAct }),
  z.strictObject({ type: z.literal('db'), ref, name: z.string().regex(NAME), act: storeAct }),
  /** A setting of the deployment. */
  z.strictObject({ type: z.literal('env'), ref, name: z.string().regex(NAME) }),
]);

const effect = z.discriminatedUnion('type', [
  ...request.options,
  /** A child; the answer says which. */
  z.strictObject({
    type: z.literal('spawn'),
    ref,
    block: blockSpecSchema.omit({ name: true }),
    link: z.boolean().default(false),
    monitor: z.boolean().default(false),
  }),
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
export type StoreAct = z.infer<typeof storeAct>;
export type BlockRequest = z.infer<typeof request>;
export type Reduction = z.infer<typeof reductionSchema>;
