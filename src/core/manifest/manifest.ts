/**
 * The manifest of a plugin, `plugin.json`: what it is, what it asks for, and which tools it has.
 *
 * All that is wrong with one is reported at once. Unknown members are errors, so that a misspelt
 * `deny` is not a permission. Reading a manifest gives no authority: it only bounds what the
 * plugin can ever be allowed.
 *
 * @module
 */

import * as z from 'zod';
import type { CapabilityPattern } from '../capabilities/pattern.ts';
import {
  MAX_POINTER_ERRORS,
  type PointerError,
  pointerError,
  readShape,
} from '../errors/pointer-errors.ts';
import { denyListSchema, pluginListSchema } from '../policy/pattern-lists.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';
import { err, type Result } from '../primitives/result.ts';
import { crossCheck } from './cross-check.ts';
import { commandSchema, type ExecutorPlugin, executorPluginShape } from './executor-plugin.ts';
import { MAX_LICENCE_LENGTH, readLicence } from './licence.ts';
import { type McpOffers, mcpOffersSchema } from './mcp-offers.ts';
import { type RemoteSection, remoteSchema } from './remote-section.ts';
import { isVersion, MAX_VERSION_LENGTH } from './semver.ts';
import { TIERS, type Tier } from './tier.ts';
import type { ToolDefinition } from './tool-definition.ts';
import { configSchema, descriptionSchema, toolSchema } from './tool-schema.ts';
import { WASM_ABIS, type WasmAbi } from './wasm-abi.ts';
import { WASM_LIMIT_CEILINGS, type WasmLimits } from './wasm-limits.ts';

/** Most tools of one plugin. */
export const MAX_TOOLS = 64;

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly kind: 'tool' | 'channel' | 'provider' | 'skill';
  readonly tier: Tier;
  /** An SPDX expression, by its form. */
  readonly license: string;
  readonly description?: string;
  /** Expanded. */
  readonly capabilities: readonly CapabilityPattern[];
  /** Expanded. */
  readonly deny: readonly CapabilityPattern[];
  readonly tools: readonly ToolDefinition[];
  /** Prompts and resources for MCP clients. */
  readonly mcp?: McpOffers;
  readonly limits: Partial<Pick<WasmLimits, keyof typeof WASM_LIMIT_CEILINGS>>;
  /** JSON Schema of the plugin's settings; properties with `secret: true` come from secrets. */
  readonly config?: JsonObject;
  /**
   * `abi`: what the module is made for, checked against what it imports. `language`: what is
   * uploaded, a WebAssembly module unless it says `javascript`.
   */
  readonly wasm?: Pick<WasmLimits, 'clock' | 'randomness'> & {
    readonly abi?: WasmAbi;
    readonly language?: (typeof WASM_LANGUAGES)[number];
  };
  readonly process?: ExecutorPlugin;
  readonly container?: ExecutorPlugin & { readonly image: string };
  /** Of a plugin that was made of a remote MCP server: see `plugin-review/remote`. */
  readonly remote?: RemoteSection;
}

/** In what the code of the wasm tier may be uploaded. */
const WASM_LANGUAGES = ['wasm', 'javascript'] as const;

const limitSchema = (key: keyof typeof WASM_LIMIT_CEILINGS, least: number) =>
  z.int().min(least).max(WASM_LIMIT_CEILINGS[key]).exactOptional();

/** An image by its digest: a tag may mean other code tomorrow. */
const IMAGE = /^[a-z0-9][a-z0-9._/:-]{0,254}@sha256:[0-9a-f]{64}$/;

const manifestSchema = z.strictObject({
  $schema: z.string().max(256).exactOptional(),
  name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must match [a-z][a-z0-9-]{0,63}'),
  version: z
    .string()
    .max(MAX_VERSION_LENGTH)
    .refine(isVersion, 'must be a version as SemVer 2.0.0 writes it'),
  kind: z.enum(['tool', 'channel', 'provider', 'skill']),
  tier: z.enum(TIERS),
  license: z
    .string()
    .min(1)
    .max(MAX_LICENCE_LENGTH)
    .refine((text) => readLicence(text) !== undefined, 'must be an SPDX expression'),
  description: descriptionSchema.exactOptional(),
  capabilities: pluginListSchema,
  deny: denyListSchema.default([]),
  tools: z.array(toolSchema).max(MAX_TOOLS).default([]),
  mcp: mcpOffersSchema.exactOptional(),
  limits: z
    .strictObject({
      fuel: limitSchema('fuel', 1_000),
      memoryPages: limitSchema('memoryPages', 1),
      maxOutputBytes: limitSchema('maxOutputBytes', 1),
      timeoutMs: limitSchema('timeoutMs', 10),
    })
    .default({}),
  config: configSchema.exactOptional(),
  wasm: z
    .strictObject({
      clock: z.boolean().default(false),
      randomness: z.boolean().default(false),
      abi: z.enum(WASM_ABIS).exactOptional(),
      language: z.enum(WASM_LANGUAGES).exactOptional(),
    })
    .exactOptional(),
  process: z
    .strictObject({ ...executorPluginShape, command: commandSchema.default([]) })
    .exactOptional(),
  container: z
    .strictObject({
      image: z.string().regex(IMAGE, 'must be pinned: name@sha256:<64 hex digits>'),
      ...executorPluginShape,
      command: commandSchema.default([]),
    })
    .exactOptional(),
  remote: remoteSchema.exactOptional(),
});

/** Reads a manifest from JSON that was parsed within limits, or reports all that is wrong. */
export function parseManifest(json: JsonValue): Result<Manifest, readonly PointerError[]> {
  if (!isJsonObject(json)) return err([pointerError([], 'must be an object')]);
  const shape = readShape(manifestSchema, json);
  const errors = [...(shape.ok ? [] : shape.error), ...crossCheck(json)];
  if (!shape.ok || errors.length > 0) return err(errors.slice(0, MAX_POINTER_ERRORS));
  const { $schema: _, ...manifest } = shape.value;
  return { ok: true, value: manifest };
}

/** The JSON Schema of `plugin.json` as it is published. What spans several members is not in it. */
export function manifestJsonSchema(): JsonObject {
  const { $schema, ...schema } = z.toJSONSchema(manifestSchema, { io: 'input' });
  return JSON.parse(JSON.stringify({ $schema, title: 'Sallyport plugin manifest', ...schema }));
}
