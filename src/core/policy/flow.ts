/**
 * The information-flow rule: what may leave, given who has spoken and what has been read.
 *
 * Three things are harmless by twos and dangerous together: private data, text of outsiders, and
 * a way out. A turn that has all three does what its page, file or message tells it to. The
 * default asks a human before the third joins the other two.
 *
 * What a tool can do is read from the capabilities that it requires, since no host function does
 * more than these. Its annotations are its author's claims and decide nothing here.
 *
 * @module
 */

import type { FamilyName } from '../capabilities/catalogue.ts';
import { type Confidentiality, type Integrity, joinLabels, type Label } from './labels.ts';

/** What running a tool does to information. */
export interface ToolEffect {
  /** What it is given can leave the workspace. */
  readonly sendsOut: boolean;
  /** It brings in what outsiders wrote. */
  readonly hearsOutsiders: boolean;
  /** It brings in what the workspace keeps to itself. */
  readonly readsPrivate: boolean;
}

/** `ask` waits for a human's approval. Where nobody can be asked it is a no. */
export type FlowOutcome = 'allow' | 'ask' | 'deny';

/** What happens to an outward effect, by the label of all that may have shaped it. */
export type FlowPolicy = Readonly<
  Record<Integrity, Readonly<Record<Confidentiality, FlowOutcome>>>
>;

/** The principal's own words may go out; what his tools read may, until an outsider has spoken. */
export const DEFAULT_FLOW_POLICY: FlowPolicy = {
  trusted: { public: 'allow', workspace: 'allow', secret: 'allow' },
  untrusted: { public: 'allow', workspace: 'allow', secret: 'ask' },
};

/** Private data as a label: what a tool read from where only the workspace reads. */
export const PRIVATE_LABEL: Label = { integrity: 'trusted', confidentiality: 'secret' };

const OUTWARD = [
  'tool:network:http',
  'tool:network:websocket',
  'channel:send',
  'channel:manage',
] as const satisfies FamilyName[];

const OUTSIDERS = [
  'tool:network:http',
  'tool:network:websocket',
  'channel:receive',
] as const satisfies FamilyName[];

const PRIVATE = [
  'tool:file:read',
  'storage:workspace:read',
  'storage:memory:read',
  'storage:db',
  'channel:receive',
  'session:read',
  'system:env:read',
  'system:secret:use',
  'system:config:read',
  'system:audit:read',
] as const satisfies FamilyName[];

/** The effect of a tool, by its capability templates such as `tool:file:read:{path}`. */
export function effectOf(requires: readonly string[]): ToolEffect {
  return {
    sendsOut: requires.some((template) => speaksOf(template, OUTWARD)),
    hearsOutsiders: requires.some((template) => speaksOf(template, OUTSIDERS)),
    readsPrivate: requires.some((template) => speaksOf(template, PRIVATE)),
  };
}

/**
 * Whether a call may go out. `label` is that of the turn: the join of all that the model has seen,
 * so of all that may have shaped the arguments.
 */
export function decideFlow(
  label: Label,
  effect: ToolEffect,
  policy: FlowPolicy = DEFAULT_FLOW_POLICY,
): FlowOutcome {
  if (!effect.sendsOut) return 'allow';
  const { integrity, confidentiality } = effect.readsPrivate
    ? joinLabels(label, PRIVATE_LABEL)
    : label;
  return policy[integrity][confidentiality];
}

/** A template whose family is itself a placeholder may be of any family. */
function speaksOf(template: string, families: readonly FamilyName[]): boolean {
  const placeholder = template.search(/[{*]/);
  const fixed = placeholder === -1 ? template : template.slice(0, placeholder);
  return families.some((family) => isWithin(fixed, family) || family.startsWith(fixed));
}

function isWithin(text: string, family: string): boolean {
  return text === family || text.startsWith(`${family}:`);
}
