/**
 * What a workspace decides about information flow: what happens to each effect under each label,
 * and where the arguments of a call may come from once outsiders have spoken.
 *
 * @module
 */

import * as z from 'zod';
import { TOOL_NAME } from '../manifest/tool-definition.ts';
import type { Confidentiality, Integrity } from './labels.ts';

/** From the mildest to the strictest. `ask` waits for a human's approval. */
export const FLOW_OUTCOMES = ['allow', 'ask', 'deny'] as const;
export type FlowOutcome = (typeof FLOW_OUTCOMES)[number];

/** By the label of all that may have shaped the call. */
export type FlowTable = Readonly<Record<Integrity, Readonly<Record<Confidentiality, FlowOutcome>>>>;

/**
 * What a call does, from the outside:
 * - `send`: what it is given can leave the workspace;
 * - `destroy`: it may take away or overwrite;
 * - `change`: it may change anything at all.
 */
export const FLOW_EFFECTS = ['send', 'destroy', 'change'] as const;
export type FlowEffect = (typeof FLOW_EFFECTS)[number];

export interface FlowRules extends Readonly<Record<FlowEffect, FlowTable>> {
  /** A sensitive argument that nobody trusted has said. */
  readonly untrustedArgument: FlowOutcome;
  /** A call of a tool with a `mandate` that the principal's message has no word of. */
  readonly unaskedCall: FlowOutcome;
  /** Values that any argument may have, such as the workspace's own address. */
  readonly constants: readonly string[];
  /** Tools that read what outsiders wrote and whose word on their own fields counts all the same. */
  readonly believed: readonly string[];
  /** Tools of whose results the model sees nothing that could say anything: handles in its place. */
  readonly opaque: readonly string[];
  /** Pure tools whose answers about what outsiders wrote are trusted. */
  readonly declassifiers: readonly string[];
  /** A handle in a sensitive argument: refused, or up to a human. */
  readonly handleArgument: HandleOutcome;
}

/** `allow` is not among them: what a handle stands for is never trusted by itself. */
const HANDLE_OUTCOMES = ['ask', 'deny'] as const satisfies FlowOutcome[];
type HandleOutcome = (typeof HANDLE_OUTCOMES)[number];

const ALL_ALLOWED: FlowTable = {
  trusted: { public: 'allow', workspace: 'allow', secret: 'allow' },
  untrusted: { public: 'allow', workspace: 'allow', secret: 'allow' },
};

/**
 * The principal's own words may go out; what his tools read may, until an outsider has spoken. An
 * outsider's word alone never fills an argument that its tool calls sensitive.
 */
export const DEFAULT_FLOW_RULES: FlowRules = {
  send: { ...ALL_ALLOWED, untrusted: { public: 'allow', workspace: 'allow', secret: 'ask' } },
  destroy: ALL_ALLOWED,
  change: ALL_ALLOWED,
  untrustedArgument: 'ask',
  unaskedCall: 'ask',
  constants: [],
  believed: [],
  opaque: [],
  declassifiers: [],
  handleArgument: 'deny',
};

/** Bounds of the lists, of tools each, and the longest constant in UTF-16 code units. */
export const FLOW_CEILINGS = { constants: 64, constantLength: 512, tools: 256 } as const;

const outcome = z.enum(FLOW_OUTCOMES);

const toolNames = z
  .array(z.string().regex(TOOL_NAME, 'must be the name of a tool'))
  .max(FLOW_CEILINGS.tools)
  .default([]);

const tableSchema = (defaults: FlowTable) => {
  const row = (of: FlowTable[Integrity]) =>
    z
      .strictObject({
        public: outcome.default(of.public),
        workspace: outcome.default(of.workspace),
        secret: outcome.default(of.secret),
      })
      .prefault({});
  return z
    .strictObject({ trusted: row(defaults.trusted), untrusted: row(defaults.untrusted) })
    .prefault({});
};

export const flowRulesSchema = z.strictObject({
  send: tableSchema(DEFAULT_FLOW_RULES.send),
  destroy: tableSchema(DEFAULT_FLOW_RULES.destroy),
  change: tableSchema(DEFAULT_FLOW_RULES.change),
  untrustedArgument: outcome.default(DEFAULT_FLOW_RULES.untrustedArgument),
  unaskedCall: outcome.default(DEFAULT_FLOW_RULES.unaskedCall),
  constants: z
    .array(z.string().min(1).max(FLOW_CEILINGS.constantLength))
    .max(FLOW_CEILINGS.constants)
    .default([]),
  believed: toolNames,
  opaque: toolNames,
  declassifiers: toolNames,
  handleArgument: z.enum(HANDLE_OUTCOMES).default(DEFAULT_FLOW_RULES.handleArgument),
});

/** The strictest of several; `allow` of none. */
export function strictestOutcome(outcomes: readonly FlowOutcome[]): FlowOutcome {
  return FLOW_OUTCOMES.findLast((each) => outcomes.includes(each)) ?? 'allow';
}
