/**
 * The information-flow rule: what may leave, given who has spoken and what has been read.
 *
 * Three things are harmless by twos and dangerous together: private data, text of outsiders, and
 * a way out. A turn that has all three does what its page, file or message tells it to. The
 * default asks a human before the third joins the other two.
 *
 * What a tool can do is read from the capabilities that it requires, since no host function does
 * more than these. Its annotations are its author's claims: they may add to what is believed of its
 * effects, and take away only what no capability speaks of.
 *
 * @module
 */

import type { FamilyName } from '../capabilities/catalogue.ts';
import type { ToolDefinition } from '../manifest/tool-definition.ts';
import {
  type FlowEffect,
  type FlowOutcome,
  type FlowRules,
  strictestOutcome,
} from './flow-rules.ts';
import { joinLabels, type Label } from './labels.ts';
import { speaksOf } from './speaks-of.ts';

/** What running a tool does to information. */
export interface ToolEffect {
  /** What it is given can leave the workspace. */
  readonly sendsOut: boolean;
  /** It brings in what outsiders wrote. */
  readonly hearsOutsiders: boolean;
  /** It brings in what the workspace keeps to itself. */
  readonly readsPrivate: boolean;
}

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

const WRITING = [
  'tool:file:write',
  'tool:exec',
  'storage:workspace:write',
  'storage:memory:write',
  'storage:db',
  'channel:send',
  'channel:manage',
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
 * What a call of the tool does. `readOnlyHint` is believed of a tool that holds no capability to
 * change or send; that one without it does no harm is believed only of `destructiveHint: false`.
 */
export function effectsOfCall(
  tool: Pick<ToolDefinition, 'annotations' | 'requires'>,
): readonly FlowEffect[] {
  const { readOnlyHint, destructiveHint, openWorldHint } = tool.annotations;
  const canWrite = tool.requires.some((template) => speaksOf(template, WRITING));
  const isReadOnly = readOnlyHint === true && !canWrite;
  const effects: FlowEffect[] = [];
  const { sendsOut } = effectOf(tool.requires);
  if (sendsOut || (openWorldHint === true && !isReadOnly)) effects.push('send');
  if (!isReadOnly) effects.push('change');
  if (!isReadOnly && destructiveHint !== false) effects.push('destroy');
  return effects;
}

/**
 * What becomes of a call with these effects. `label` is that of the turn: the join of all that the
 * model has seen, so of all that may have shaped the arguments.
 */
export function decideEffects(
  label: Label,
  tool: Pick<ToolDefinition, 'annotations' | 'requires'>,
  rules: FlowRules,
): FlowOutcome {
  const joined = joinRead(label, effectOf(tool.requires));
  return strictestOutcome(
    effectsOfCall(tool).map((effect) => rules[effect][joined.integrity][joined.confidentiality]),
  );
}

/** Whether something may go out, of which no more is known than its capability. */
export function decideSend(label: Label, effect: ToolEffect, rules: FlowRules): FlowOutcome {
  if (!effect.sendsOut) return 'allow';
  const { integrity, confidentiality } = joinRead(label, effect);
  return rules.send[integrity][confidentiality];
}

/** The label once what it reads is in it. */
export function joinRead(label: Label, { readsPrivate }: Pick<ToolEffect, 'readsPrivate'>): Label {
  return readsPrivate ? joinLabels(label, PRIVATE_LABEL) : label;
}
