/**
 * The information-flow part of check 5: what may go where, given who has spoken.
 *
 * As long as only the principal has spoken, the model says what he wants, and only the effect is
 * decided. From the first untrusted word on it is taken to say what an outsider wants: then a call
 * needs the principal's mandate, and its sensitive arguments a source that is trusted. What it passes
 * on by a handle it has not read, so it is not led by it, and no more to be trusted for that.
 *
 * @module
 */

import type { DenialFacts } from '../errors/denial.ts';
import { exceedsLabel } from '../policy/caveat-bounds.ts';
import { decideEffects, effectOf } from '../policy/flow.ts';
import { type FlowOutcome, type FlowRules, strictestOutcome } from '../policy/flow-rules.ts';
import { joinLabels, type Label } from '../policy/labels.ts';
import type { JsonObject } from '../primitives/json.ts';
import { foldedText, plainText } from '../provenance/folded-text.ts';
import type { HeardValues, Origin } from '../provenance/heard-values.ts';
import { listLinkedWords } from '../provenance/linked-words.ts';
import { plainNumber } from '../provenance/numbers.ts';
import type { HandedOn } from '../provenance/resolve-handles.ts';
import { listAll, listSensitive, type SensitiveLeaf } from '../provenance/sensitive-arguments.ts';
import type { EntitledCall } from './capability.ts';
import { authoritiesOf, type CheckContext } from './check-context.ts';

/** Most sensitive values of one call that are looked into; of more, none is trusted. */
export const MAX_SENSITIVE_VALUES = 256;

export interface FlowDecision {
  readonly outcome: FlowOutcome;
  /** Where a sensitive argument stands that nobody trusted has said, if that is why. */
  readonly facts: Pick<DenialFacts, 'pointer'>;
}

/** The strictest answer of all rules, under every authority that is asked, within the token's caveats. */
export function decideFlow(call: EntitledCall, context: CheckContext): FlowDecision {
  const { authority } = context;
  const label = labelOfCall(call, context);
  if (exceedsLabel(authority.principal, label, effectOf(call.tool.requires))) {
    return { outcome: 'deny', facts: {} };
  }
  const answers = authoritiesOf(context).map(({ policy }) => decide(call, context, policy.flow));
  const outcome = strictestOutcome(answers.map((answer) => answer.outcome));
  return answers.find((answer) => answer.outcome === outcome) ?? { outcome, facts: {} };
}

/** A model that passes a value on without reading it is not led by it, but the call holds it. */
export function labelOfCall(
  { proposed: { handedOn } }: Pick<EntitledCall, 'proposed'>,
  { label }: Pick<CheckContext, 'label'>,
): Label {
  return handedOn === undefined ? label : joinLabels(label, handedOn.label);
}

function decide(call: EntitledCall, context: CheckContext, rules: FlowRules): FlowDecision {
  const { label, heard } = context;
  const byEffect = decideEffects(labelOfCall(call, context), call.tool, rules);
  const isTrusted = label.integrity === 'trusted';
  const { handedOn } = call.proposed;
  if (isTrusted && handedOn === undefined) return { outcome: byEffect, facts: {} };

  const leaves = listSensitive(call.args.canonical, call.schema);
  const { handed, written } = divideByHandles(leaves, handedOn);
  const refused = handed.find((leaf) => !mayBeHanded(leaf, heard));
  const byHandles = refused === undefined ? 'allow' : rules.handleArgument;
  const doubtful = isTrusted ? undefined : findDoubtful(written, heard, rules);
  const byArguments = doubtful === undefined ? 'allow' : rules.untrustedArgument;
  const byMandate = isTrusted || isAskedFor(call, leaves, heard) ? 'allow' : rules.unaskedCall;
  const outcome = strictestOutcome([byEffect, byMandate, byHandles, byArguments]);
  const why = [
    { leaf: refused, by: byHandles },
    { leaf: doubtful, by: byArguments },
  ].find(({ leaf, by }) => leaf !== undefined && by === outcome);
  return { outcome, facts: why?.leaf ? { pointer: why.leaf.place.toPointer() } : {} };
}

/**
 * By a word of the mandate, in a call that has something in it of what is trusted; or by naming all
 * that the call is about. A figure names nothing: "1 hour" is no word about file 1.
 */
function isAskedFor(
  { tool: { mandate }, args }: EntitledCall,
  leaves: readonly SensitiveLeaf[],
  heard: HeardValues,
): boolean {
  if (mandate === undefined) return true;
  if (heard.isAskedFor(mandate)) {
    return (
      isConnected(args.canonical, heard) ||
      leaves.slice(0, MAX_SENSITIVE_VALUES).some((leaf) => hasLesserSource(leaf, heard))
    );
  }
  const named = leaves.filter(({ source }) => source !== 'links');
  return (
    named.length > 0 &&
    named.every((leaf) => !isNumeric(leaf) && originOf(leaf, heard) === 'principal')
  );
}

/** Whoever asks for an event asks for his own, not for one of which he has said nothing. */
function isConnected(args: JsonObject, heard: HeardValues): boolean {
  const values = [...listAll(args)].slice(0, MAX_SENSITIVE_VALUES);
  let isEmpty = true;
  for (const value of values) {
    if (typeof value === 'string' && value.trim() === '') continue;
    isEmpty = false;
    if (heard.originOf(value, 'folded') !== 'untrusted') return true;
  }
  return isEmpty;
}

interface Divided {
  /** What came by handles. */
  readonly handed: readonly HandedLeaf[];
  /** What the model wrote. */
  readonly written: readonly SensitiveLeaf[];
}

interface HandedLeaf extends SensitiveLeaf {
  readonly isVouched: boolean;
}

function divideByHandles(
  leaves: readonly SensitiveLeaf[],
  { places }: Pick<HandedOn, 'places'> = { places: [] },
): Divided {
  const byPointer = new Map(places.map(({ pointer, isVouched }) => [pointer, isVouched]));
  const handed: HandedLeaf[] = [];
  const written: SensitiveLeaf[] = [];
  for (const leaf of leaves) {
    const place = placesAround(leaf.pointer).find((pointer) => byPointer.has(pointer));
    if (place === undefined) written.push(leaf);
    else handed.push({ ...leaf, isVouched: byPointer.get(place) === true });
  }
  return { handed, written };
}

/** The place itself, and all that it lies within. */
function placesAround(pointer: string): readonly string[] {
  const places: string[] = [];
  for (let end = pointer.length; end > 0; end = pointer.lastIndexOf('/', end - 1)) {
    places.push(pointer.slice(0, end));
  }
  return places;
}

/** Nobody has said it to the model, so it has no other source than its tool. */
function mayBeHanded(leaf: HandedLeaf, heard: HeardValues): boolean {
  if (leaf.source === 'principal') return false;
  if (leaf.isVouched) return true;
  return leaf.source === 'links' && hasTrustedLinks(leaf.value, heard);
}

/** What nobody trusted has said, and has a source that is good enough for it. */
function hasLesserSource(leaf: SensitiveLeaf, heard: HeardValues): boolean {
  const isBlank = String(leaf.value).trim() === '';
  const isLesser = leaf.source === 'bounded' || leaf.source === 'attributed';
  return isLesser && !isBlank && hasSource(leaf, heard);
}

function isNumeric({ value }: SensitiveLeaf): boolean {
  return typeof value !== 'string' || plainNumber(value.trim()) !== undefined;
}

/** The first sensitive argument whose source will not do. */
function findDoubtful(
  leaves: readonly SensitiveLeaf[],
  heard: HeardValues,
  rules: FlowRules,
): SensitiveLeaf | undefined {
  if (leaves.length > MAX_SENSITIVE_VALUES) return leaves[0];
  return leaves.find((leaf) => !isConstant(leaf, rules) && !hasSource(leaf, heard));
}

function isConstant({ value, isExact }: SensitiveLeaf, { constants }: FlowRules): boolean {
  const fold = isExact ? plainText : foldedText;
  const folded = fold(String(value));
  return constants.some((constant) => fold(constant) === folded);
}

function hasSource(leaf: SensitiveLeaf, heard: HeardValues): boolean {
  const { value, source } = leaf;
  if (source === 'links') return hasTrustedLinks(value, heard);
  const origin = originOf(leaf, heard);
  if (origin === 'principal') return true;
  if (source === 'principal') return false;
  if (origin === 'field') return true;
  if (isAttributed(leaf, heard)) return true;
  return source === 'bounded' && typeof value === 'number' && heard.reaches(value);
}

function isAttributed({ value, source, isExact }: SensitiveLeaf, heard: HeardValues): boolean {
  return source === 'attributed' && heard.isAttributed(value, isExact ? 'exact' : 'folded');
}

function hasTrustedLinks(text: SensitiveLeaf['value'], heard: HeardValues): boolean {
  if (typeof text !== 'string') return true;
  const links = new Set(listLinkedWords(text));
  if (links.size > MAX_SENSITIVE_VALUES) return false;
  return [...links].every((link) => heard.originOf(link, 'folded') !== 'untrusted');
}

function originOf({ value, isExact }: SensitiveLeaf, heard: HeardValues): Origin {
  return heard.originOf(value, isExact ? 'exact' : 'folded');
}
