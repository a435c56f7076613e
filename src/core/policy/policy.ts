/**
 * What a workspace allows: the operator's word, versioned with the authority's revision, and how
 * it is written in the JSON of `PUT /v1/workspaces/{id}`.
 *
 * `allow` and `deny` must be spelled out, since a policy replaces the one before it: a list that
 * was forgotten must not widen anything. All else has a default.
 *
 * @module
 */

import * as z from 'zod';
import { isCanonicalHost } from '../capabilities/canonical-host.ts';
import { FAMILIES } from '../capabilities/catalogue.ts';
import { expandGrants } from '../capabilities/expand.ts';
import type { CapabilityPattern } from '../capabilities/pattern.ts';
import { TIERS, type Tier } from '../manifest/tier.ts';
import { TOOL_NAME } from '../manifest/tool-definition.ts';
import { allowsModel, MODEL_GLOB, MODEL_NAME } from './model-name.ts';
import { allowListSchema, denyListSchema } from './pattern-lists.ts';
import { DEFAULT_PLUGIN_POLICY, type PluginPolicy, pluginPolicySchema } from './plugin-policy.ts';
import { DEFAULT_TURN_LIMITS, TURN_LIMIT_CEILINGS, type TurnLimits } from './turn-limits.ts';

const SCAN_MODES = ['block', 'flag', 'redact'] as const;
export type ScanMode = (typeof SCAN_MODES)[number];

/**
 * A token bucket: at most `calls` at once, refilled evenly so that an empty one is full again
 * after `periodMs`.
 */
export interface Rate {
  readonly calls: number;
  readonly periodMs: number;
}

export interface Policy {
  /** Expanded: see `expand.ts`. Whether a tool is offered at all is `tool:call:<tool>`. */
  readonly allow: readonly CapabilityPattern[];
  /** Expanded; wins over `allow`. */
  readonly deny: readonly CapabilityPattern[];
  readonly tierFloor: Tier;
  /** `allow` holds globs as in `model-name.ts`; the default is always one of them. */
  readonly models: { readonly default: string; readonly allow: readonly string[] };
  readonly limits: TurnLimits;
  /** How often tools are called. A tool that is not named has no rate of its own. */
  readonly rates: {
    readonly workspace: Rate;
    readonly principal: Rate;
    readonly session: Rate;
    readonly tools: Readonly<Record<string, Rate>>;
  };
  /** Money and tokens a calendar day (UTC); zero allows nothing. */
  readonly dailyBudget: { readonly costMicroUsd: number; readonly tokens: number };
  readonly scan: { readonly injection: ScanMode; readonly secrets: ScanMode };
  /**
   * `host:port` (IPv6 in brackets) of private or loopback services that tools of this workspace
   * may reach where their capabilities allow it too. Empty unless an operator says otherwise.
   */
  readonly privateHosts: readonly string[];
  readonly plugins: PluginPolicy;
}

/** Bounds of a rate, a daily budget and the lists of a policy. */
export const POLICY_CEILINGS = {
  rateCalls: 1_000_000,
  minPeriodMs: 1_000,
  maxPeriodMs: 86_400_000,
  dailyCostMicroUsd: 1_000_000_000_000,
  dailyTokens: 1_000_000_000_000,
  toolRates: 256,
  models: 64,
  privateHosts: 64,
} as const;

/**
 * What a fresh workspace has. It allows whatever the catalogue knows but administration, since
 * each call still needs the plugin's manifest and the principal's grants, and denies nothing.
 */
export const DEFAULT_POLICY: Policy = {
  allow: expandGrants(FAMILIES.map(({ name }) => name).filter((name) => name !== 'system:admin'))
    .patterns,
  deny: [],
  tierFloor: 'wasm',
  models: { default: 'embedded/planner', allow: ['*'] },
  limits: DEFAULT_TURN_LIMITS,
  rates: {
    workspace: { calls: 600, periodMs: 60_000 },
    principal: { calls: 300, periodMs: 60_000 },
    session: { calls: 120, periodMs: 60_000 },
    tools: {},
  },
  dailyBudget: { costMicroUsd: 50_000_000, tokens: 50_000_000 },
  scan: { injection: 'flag', secrets: 'redact' },
  privateHosts: [],
  plugins: DEFAULT_PLUGIN_POLICY,
};

const rateSchema = z.strictObject({
  calls: z.int().min(1).max(POLICY_CEILINGS.rateCalls),
  periodMs: z.int().min(POLICY_CEILINGS.minPeriodMs).max(POLICY_CEILINGS.maxPeriodMs),
});

const limitSchema = (key: keyof TurnLimits, least: number) =>
  z.int().min(least).max(TURN_LIMIT_CEILINGS[key]).default(DEFAULT_TURN_LIMITS[key]);

const limitsSchema = z.strictObject({
  maxRounds: limitSchema('maxRounds', 1),
  maxToolCalls: limitSchema('maxToolCalls', 0),
  maxDurationMs: limitSchema('maxDurationMs', 1_000),
  maxTokens: limitSchema('maxTokens', 0),
  maxCostMicroUsd: limitSchema('maxCostMicroUsd', 0),
  maxResultChars: limitSchema('maxResultChars', 256),
});

const ratesSchema = z.strictObject({
  workspace: rateSchema.default(DEFAULT_POLICY.rates.workspace),
  principal: rateSchema.default(DEFAULT_POLICY.rates.principal),
  session: rateSchema.default(DEFAULT_POLICY.rates.session),
  tools: z
    .record(z.string().regex(TOOL_NAME, 'must be the name of a tool'), rateSchema)
    .refine(
      (tools) => Object.keys(tools).length <= POLICY_CEILINGS.toolRates,
      `must have at most ${POLICY_CEILINGS.toolRates} members`,
    )
    .default({}),
});

const modelsSchema = z
  .strictObject({
    default: z
      .string()
      .regex(MODEL_NAME, 'must be provider/model')
      .default(DEFAULT_POLICY.models.default),
    allow: z
      .array(z.string().regex(MODEL_GLOB, 'must be provider/model, in which any part may be "*"'))
      .max(POLICY_CEILINGS.models)
      .default([...DEFAULT_POLICY.models.allow]),
  })
  .refine((models) => allowsModel(models.allow, models.default), {
    path: ['default'],
    message: 'must be one of the models that are allowed',
  });

const budgetSchema = z.strictObject({
  costMicroUsd: z.int().min(0).max(POLICY_CEILINGS.dailyCostMicroUsd),
  tokens: z.int().min(0).max(POLICY_CEILINGS.dailyTokens),
});

/** What is read is a {@link Policy}, expanded. Reading one again gives the same. */
export const policySchema: z.ZodType<Policy> = z.strictObject({
  allow: allowListSchema,
  deny: denyListSchema,
  tierFloor: z.enum(TIERS).default(DEFAULT_POLICY.tierFloor),
  models: modelsSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  rates: ratesSchema.prefault({}),
  dailyBudget: budgetSchema.default(DEFAULT_POLICY.dailyBudget),
  scan: z
    .strictObject({
      injection: z.enum(SCAN_MODES).default(DEFAULT_POLICY.scan.injection),
      secrets: z.enum(SCAN_MODES).default(DEFAULT_POLICY.scan.secrets),
    })
    .prefault({}),
  privateHosts: z
    .array(z.string().refine(isHostAndPort, 'must be host:port, with IPv6 in brackets'))
    .max(POLICY_CEILINGS.privateHosts)
    .default([]),
  plugins: pluginPolicySchema.prefault({}),
});

function isHostAndPort(text: string): boolean {
  const [, bracketed, name, port = ''] =
    /^(?:\[([^\]]+)\]|([^:[\]]+)):([1-9][0-9]{0,4})$/.exec(text) ?? [];
  const host = bracketed ?? name ?? '';
  const isIpv6 = host.includes(':');
  return (
    host !== '' &&
    isIpv6 === (bracketed !== undefined) &&
    isCanonicalHost(host) &&
    Number(port) <= 65_535
  );
}
