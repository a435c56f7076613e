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
import { FAMILIES } from '../capabilities/catalogue.ts';
import { expandGrants } from '../capabilities/expand.ts';
import { isHostAndPort } from '../capabilities/host-and-port.ts';
import type { CapabilityPattern } from '../capabilities/pattern.ts';
import { TIERS, type Tier } from '../manifest/tier.ts';
import { TOOL_NAME } from '../manifest/tool-definition.ts';
import { type Agents, agentsSchema } from './agent-policy.ts';
import {
  type ApprovalPolicy,
  approvalPolicySchema,
  DEFAULT_APPROVAL_POLICY,
} from './approval-policy.ts';
import { type Budgets, budgetsSchema, DEFAULT_BUDGETS } from './budgets.ts';
import {
  DEFAULT_ENCRYPTION_POLICY,
  type EncryptionPolicy,
  encryptionPolicySchema,
} from './encryption-policy.ts';
import { DEFAULT_FLOW_RULES, type FlowRules, flowRulesSchema } from './flow-rules.ts';
import { DEFAULT_MEMORY_POLICY, type MemoryPolicy, memoryPolicySchema } from './memory-policy.ts';
import { DEFAULT_MODEL_POLICY, type ModelPolicy, modelPolicySchema } from './model-policy.ts';
import { allowListSchema, denyListSchema } from './pattern-lists.ts';
import { DEFAULT_PLUGIN_POLICY, type PluginPolicy, pluginPolicySchema } from './plugin-policy.ts';
import { DEFAULT_SCAN_POLICY, type ScanPolicy } from './scan-policy.ts';
import { scanPolicySchema } from './scan-policy-schema.ts';
import {
  DEFAULT_SESSION_POLICY,
  type SessionPolicy,
  sessionPolicySchema,
} from './session-policy.ts';
import { DEFAULT_SIGN_IN_POLICY, type SignInPolicy } from './sign-in-policy.ts';
import { signInPolicySchema } from './sign-in-schema.ts';
import { DEFAULT_TURN_LIMITS, TURN_LIMIT_CEILINGS, type TurnLimits } from './turn-limits.ts';

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
  readonly models: ModelPolicy;
  /** By name. */
  readonly agents: Agents;
  readonly limits: TurnLimits;
  /** How often tools are called. A tool that is not named has no rate of its own. */
  readonly rates: {
    readonly workspace: Rate;
    readonly principal: Rate;
    readonly session: Rate;
    readonly tools: Readonly<Record<string, Rate>>;
    /** How often each principal may use a route, by the name of its operation. */
    readonly routes: Readonly<Record<string, Rate>>;
  };
  readonly budgets: Budgets;
  readonly scan: ScanPolicy;
  /**
   * `host:port` (IPv6 in brackets) of private or loopback services that tools of this workspace
   * may reach where their capabilities allow it too. Empty unless an operator says otherwise.
   */
  readonly privateHosts: readonly string[];
  readonly plugins: PluginPolicy;
  readonly flow: FlowRules;
  readonly approvals: ApprovalPolicy;
  readonly memory: MemoryPolicy;
  readonly sessions: SessionPolicy;
  readonly signIn: SignInPolicy;
  readonly encryption: EncryptionPolicy;
}

/** Bounds of a rate and the lists of a policy. */
export const POLICY_CEILINGS = {
  rateCalls: 1_000_000,
  minPeriodMs: 1_000,
  maxPeriodMs: 86_400_000,
  toolRates: 256,
  routeRates: 256,
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
  models: DEFAULT_MODEL_POLICY,
  agents: {},
  limits: DEFAULT_TURN_LIMITS,
  rates: {
    workspace: { calls: 600, periodMs: 60_000 },
    principal: { calls: 300, periodMs: 60_000 },
    session: { calls: 120, periodMs: 60_000 },
    tools: {},
    routes: {},
  },
  budgets: DEFAULT_BUDGETS,
  scan: DEFAULT_SCAN_POLICY,
  privateHosts: [],
  plugins: DEFAULT_PLUGIN_POLICY,
  flow: DEFAULT_FLOW_RULES,
  approvals: DEFAULT_APPROVAL_POLICY,
  memory: DEFAULT_MEMORY_POLICY,
  sessions: DEFAULT_SESSION_POLICY,
  signIn: DEFAULT_SIGN_IN_POLICY,
  encryption: DEFAULT_ENCRYPTION_POLICY,
};

/** As the OpenAPI document names them, in `operationId`. */
const OPERATION_NAME = /^[a-z][A-Za-z0-9]{0,63}$/;

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
  routes: z
    .record(z.string().regex(OPERATION_NAME, 'must be the name of a route'), rateSchema)
    .refine(
      (routes) => Object.keys(routes).length <= POLICY_CEILINGS.routeRates,
      `must have at most ${POLICY_CEILINGS.routeRates} members`,
    )
    .default({}),
});

/** What is read is a {@link Policy}, expanded. Reading one again gives the same. */
export const policySchema: z.ZodType<Policy> = z.strictObject({
  allow: allowListSchema,
  deny: denyListSchema,
  tierFloor: z.enum(TIERS).default(DEFAULT_POLICY.tierFloor),
  models: modelPolicySchema.prefault({}),
  agents: agentsSchema,
  limits: limitsSchema.prefault({}),
  rates: ratesSchema.prefault({}),
  budgets: budgetsSchema.prefault({}),
  scan: scanPolicySchema.prefault({}),
  privateHosts: z
    .array(z.string().refine(isHostAndPort, 'must be host:port, with IPv6 in brackets'))
    .max(POLICY_CEILINGS.privateHosts)
    .default([]),
  plugins: pluginPolicySchema.prefault({}),
  flow: flowRulesSchema.prefault({}),
  approvals: approvalPolicySchema.prefault({}),
  memory: memoryPolicySchema.prefault({}),
  sessions: sessionPolicySchema.prefault({}),
  signIn: signInPolicySchema.prefault({}),
  encryption: encryptionPolicySchema.prefault({}),
});
