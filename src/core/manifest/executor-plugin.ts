/**
 * What a manifest says of a plugin that an executor runs: the sections `process` and `container`.
 *
 * The command, the protocol and the pinned definitions are read by the executor from its own copy
 * of the manifest, whose hash the ticket names: nobody can have another program run under its name.
 *
 * @module
 */

import * as z from 'zod';
import { type ExecutorLimits, executorLimitWishesSchema } from './executor-limits.ts';

/**
 * - `json`: one process for each call; a JSON object on standard input, the answer on standard output;
 * - `mcp`: a server of the Model Context Protocol over standard input and output;
 * - `argv`: no program of its own; the argument `argv` of the call is what runs.
 */
const PLUGIN_PROTOCOLS = ['json', 'mcp', 'argv'] as const;

export type PluginProtocol = (typeof PLUGIN_PROTOCOLS)[number];

/** Longest time that a server may be kept without a call, in milliseconds. */
const MAX_IDLE_MS = 3_600_000;

/** Most tools of a server whose definitions are pinned. */
const MAX_PINNED = 64;

/** Most settings that are secrets. */
const MAX_SECRETS = 16;

/**
 * How a plugin is given a secret that one of its settings names:
 *
 * - `file`: a file `/run/secrets/<setting>` in memory. The plugin knows the value, so its network is
 *   no more than the hosts of the secret;
 * - `header`: never. The proxy adds it to requests for `http://secrets.sallyport.internal/<setting>/…`,
 *   under this header, and sends them over TLS to a host of the secret.
 */
export type SecretDelivery =
  | { readonly as: 'file' }
  | {
      readonly as: 'header';
      readonly header: string;
      /** What stands before the value, `Bearer ` for example. */
      readonly prefix: string;
    };

export interface ExecutorPlugin {
  readonly protocol: PluginProtocol;
  /** As seen inside; `/plugin` is the plugin's folder, and `node` the executor's own Node. */
  readonly command: readonly string[];
  /** SHA-256 over the plugin's files, as `executor inspect` prints it; absent if it has none. */
  readonly filesSha256?: string;
  /**
   * MCP only: SHA-256 over each tool's definition, by the name that the server gives it. A tool
   * whose definition has changed since is not called.
   */
  readonly definitions?: Readonly<Record<string, string>>;
  /**
   * MCP only: how long a server is kept for the next call of the same principal, in milliseconds.
   * Zero ends it with the call.
   */
  readonly idleMs: number;
  readonly limits?: Partial<ExecutorLimits>;
  /** By the setting that names the secret; one that is not here is not given. */
  readonly secrets?: Readonly<Record<string, SecretDelivery>>;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

export const commandSchema = z.array(z.string().min(1).max(4_096)).min(1).max(64);

const deliverySchema = z.discriminatedUnion('as', [
  z.strictObject({ as: z.literal('file') }),
  z.strictObject({
    as: z.literal('header'),
    header: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of a header'),
    prefix: z
      .string()
      .regex(/^[\x20-\x7e]{0,64}$/, 'must be at most 64 visible characters')
      .default(''),
  }),
]);

/** The members that both sections have. */
export const executorPluginShape = {
  protocol: z.enum(PLUGIN_PROTOCOLS).default('json'),
  filesSha256: hash.exactOptional(),
  definitions: z
    .record(z.string().min(1).max(128), hash)
    .refine(
      (all) => Object.keys(all).length <= MAX_PINNED,
      `must have at most ${MAX_PINNED} members`,
    )
    .exactOptional(),
  idleMs: z.int().min(0).max(MAX_IDLE_MS).default(0),
  limits: executorLimitWishesSchema.exactOptional(),
  secrets: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/), deliverySchema)
    .refine(
      (all) => Object.keys(all).length <= MAX_SECRETS,
      `must have at most ${MAX_SECRETS} members`,
    )
    .exactOptional(),
} as const;
