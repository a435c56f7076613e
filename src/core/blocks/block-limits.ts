/**
 * Bounds of one block. What a child may use comes out of what its parent may.
 *
 * @module
 */

import * as z from 'zod';

const OVERFLOW_POLICIES = ['reject-sender', 'drop-new', 'drop-old', 'crash'] as const;

/**
 * What happens to a message that finds the mailbox full: `reject-sender` tells the sender,
 * `drop-new` accepts and drops it, `drop-old` dead-letters the oldest one that is not leased, `crash`
 * ends the receiver with `{crash: "mailbox_overflow"}`. Each is counted.
 */
export type OverflowPolicy = (typeof OVERFLOW_POLICIES)[number];

export interface BlockLimits {
  /** Messages in the mailbox; signals do not count. */
  readonly messages: number;
  /** Bytes of their bodies. */
  readonly bytes: number;
  readonly overflow: OverflowPolicy;
  /** Messages of others in a second; as fast as they come, if absent. */
  readonly messagesPerSecond?: number;
  /** Bytes of the behaviour's state as JSON. */
  readonly stateBytes: number;
  /** Living children at once. */
  readonly children: number;
  /** Generations below this block. */
  readonly depth: number;
  /** Links and monitors together. */
  readonly relations: number;
  readonly timers: number;
  readonly checkpoints: number;
  /** Fuel of one run of a `plugin` behaviour. */
  readonly fuel: number;
  /** Milliseconds for which a dead block is kept after its exit was delivered. */
  readonly retentionMs: number;
}

export const DEFAULT_BLOCK_LIMITS: BlockLimits = {
  messages: 1_000,
  bytes: 8_388_608,
  overflow: 'reject-sender',
  stateBytes: 1_048_576,
  children: 100,
  depth: 8,
  relations: 1_000,
  timers: 100,
  checkpoints: 10,
  fuel: 100_000_000,
  retentionMs: 86_400_000,
};

const atMost = (key: keyof typeof BLOCK_LIMIT_CEILINGS, least: number) =>
  z.int().min(least).max(BLOCK_LIMIT_CEILINGS[key]).exactOptional();

/** Most that may be asked for. */
export const BLOCK_LIMIT_CEILINGS = {
  messages: 100_000,
  bytes: 67_108_864,
  messagesPerSecond: 100_000,
  stateBytes: 16_777_216,
  children: 1_000,
  depth: 16,
  relations: 10_000,
  timers: 1_000,
  checkpoints: 100,
  fuel: 1_000_000_000,
  retentionMs: 604_800_000,
} as const satisfies Record<Exclude<keyof BlockLimits, 'overflow'>, number>;

/** `limits` in the body of `POST /v1/blocks`; what is left out has its default. */
export const blockLimitsSchema = z.strictObject({
  messages: atMost('messages', 1),
  bytes: atMost('bytes', 1),
  overflow: z.enum(OVERFLOW_POLICIES).exactOptional(),
  messagesPerSecond: atMost('messagesPerSecond', 1),
  stateBytes: atMost('stateBytes', 2),
  children: atMost('children', 0),
  depth: atMost('depth', 0),
  relations: atMost('relations', 0),
  timers: atMost('timers', 0),
  checkpoints: atMost('checkpoints', 0),
  fuel: atMost('fuel', 1_000),
  retentionMs: atMost('retentionMs', 0),
});

export type BlockLimitsInput = z.infer<typeof blockLimitsSchema>;

export function toBlockLimits(asked: BlockLimitsInput): BlockLimits {
  return { ...DEFAULT_BLOCK_LIMITS, ...asked };
}

/** No child gets more than its parent has, nor as many generations. */
export function boundLimits(limits: BlockLimits, parent: BlockLimits): BlockLimits {
  return {
    ...limits,
    depth: Math.min(limits.depth, parent.depth - 1),
    stateBytes: Math.min(limits.stateBytes, parent.stateBytes),
    fuel: Math.min(limits.fuel, parent.fuel),
    children: Math.min(limits.children, parent.children),
  };
}
