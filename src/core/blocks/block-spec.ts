/**
 * What a block is asked to be: its behaviour, capabilities and limits, as `POST /v1/blocks` and a
 * supervisor's list of children write it.
 *
 * @module
 */

import * as z from 'zod';
import { TOOL_NAME } from '../manifest/tool-definition.ts';
import { MODEL_NAME } from '../policy/model-name.ts';
import type { JsonValue } from '../primitives/json.ts';
import {
  AUTO_SHUTDOWNS,
  type ChildSpec,
  RESTART_TYPES,
  STRATEGIES,
  type SupervisorSpec,
} from '../supervision/supervisor-spec.ts';
import { type BlockBudget, blockBudgetSchema } from './block-budget.ts';
import { type CapabilityEntry, capabilityEntriesSchema } from './block-grants.ts';
import { type BlockLimitsInput, blockLimitsSchema } from './block-limits.ts';

/** Of blocks in their workspace, of children under their supervisor, and of groups. */
const BLOCK_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Most children that a supervisor is told of at once. */
const MAX_CHILDREN = 100;

/** An outside consumer receives. */
export interface MailboxBehavior {
  readonly kind: 'mailbox';
}

/** A reducer in the wasm tier: `{state, message}` in, `{state, effects}` out. */
export interface PluginBehavior {
  readonly kind: 'plugin';
  readonly plugin: string;
  /** Name of the export. */
  readonly entry: string;
  /** What it begins with, in each life. */
  readonly state: JsonValue;
}

/** A turn for each message. */
export interface AgentBehavior {
  readonly kind: 'agent';
  readonly model?: string;
  readonly system?: string;
  /** The tools that it is shown; none but those that its capabilities cover. All, if absent. */
  readonly tools?: readonly string[];
}

/** A child as it is specified: rules for the supervisor, and what to spawn. */
export interface ChildOrder extends ChildSpec {
  readonly behavior: Behavior;
  readonly capabilities: readonly CapabilityEntry[];
  readonly limits: BlockLimitsInput;
  /** Of each life, out of what its supervisor has left. */
  readonly budget: BlockBudget;
  /** `keep`: the next life goes on with the messages that the last one left. */
  readonly mailbox: 'fresh' | 'keep';
}

export interface SupervisorBehavior extends SupervisorSpec {
  readonly kind: 'supervisor';
  readonly children: readonly ChildOrder[];
}

export type Behavior = MailboxBehavior | PluginBehavior | AgentBehavior | SupervisorBehavior;

const capabilities = capabilityEntriesSchema.default([]);

const budget = blockBudgetSchema.default({});

export const blockNameSchema = z.string().regex(BLOCK_NAME, 'must match [a-z0-9][a-z0-9._-]{0,63}');

const mailbox = z.strictObject({ kind: z.literal('mailbox') });

const plugin = z.strictObject({
  kind: z.literal('plugin'),
  plugin: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be the name of a plugin'),
  entry: z.string().min(1).max(128).default('handle'),
  state: z.json().default(null),
});

const agent = z.strictObject({
  kind: z.literal('agent'),
  model: z.string().regex(MODEL_NAME, 'must be provider/model').exactOptional(),
  system: z.string().max(32_768).exactOptional(),
  tools: z.array(z.string().regex(TOOL_NAME)).max(64).exactOptional(),
});

export const childSchema: z.ZodType<ChildOrder> = z.strictObject({
  name: blockNameSchema,
  restart: z.enum(RESTART_TYPES).default('permanent'),
  graceMs: z.int().min(0).max(60_000).default(5_000),
  significant: z.boolean().default(false),
  mailbox: z.enum(['fresh', 'keep']).default('fresh'),
  behavior: z.lazy(() => behaviorSchema),
  capabilities,
  limits: blockLimitsSchema.default({}),
  budget,
});

const supervisor = z
  .strictObject({
    kind: z.literal('supervisor'),
    strategy: z.enum(STRATEGIES).default('one-for-one'),
    intensity: z.int().min(0).max(100).default(3),
    periodMs: z.int().min(1).max(3_600_000).default(5_000),
    autoShutdown: z.enum(AUTO_SHUTDOWNS).default('never'),
    backoff: z
      .strictObject({ firstMs: z.int().min(1).max(60_000), maxMs: z.int().min(1).max(3_600_000) })
      .exactOptional(),
    children: z.array(childSchema).max(MAX_CHILDREN).default([]),
  })
  .refine(({ children }) => new Set(children.map(({ name }) => name)).size === children.length, {
    path: ['children'],
    message: 'must have different names',
  });

export const behaviorSchema: z.ZodType<Behavior> = z.union([mailbox, plugin, agent, supervisor]);

export interface BlockSpec {
  readonly behavior: Behavior;
  readonly name?: string;
  /** Patterns and names of bits, as written. */
  readonly capabilities: readonly CapabilityEntry[];
  readonly limits: BlockLimitsInput;
  /** Out of its parent's; without a parent, the first of all below it. */
  readonly budget: BlockBudget;
}

/** The part of `POST /v1/blocks` that says what the block is. */
export const blockSpecSchema = z.strictObject({
  behavior: behaviorSchema,
  name: blockNameSchema.exactOptional(),
  capabilities,
  limits: blockLimitsSchema.default({}),
  budget,
});
