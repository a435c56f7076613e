/**
 * Whether anybody can be led from private data and an outsider's words to an outward effect without a
 * human: decided exhaustively, and if so by which steps.
 *
 * A turn is six labels, and each step takes it from one to another, so all that can ever happen is
 * looked at. What is left out can only make fewer things possible: where arguments come from, mandates,
 * rates and scanners. So "no" is a proof, and a path is one that the policy alone does not stop.
 *
 * @module
 */

import { BLOCK_BITS } from '../capabilities/block-bits.ts';
import type { CapabilityRules } from '../capabilities/capability-set.ts';
import type { CapabilityPattern } from '../capabilities/pattern.ts';
import { decideEffects, effectOf, effectsOfCall, joinRead } from './flow.ts';
import { joinLabels, type Label, PRINCIPAL_LABEL, UNTRUSTED_LABEL } from './labels.ts';
import type { Policy } from './policy.ts';
import { holdsEvery, isPossible, type Move, type ProvedPlugin, toMove } from './prove-move.ts';

/** What a workspace is, as far as the question goes. */
export interface ProvedWorkspace {
  readonly policy: Pick<Policy, 'allow' | 'deny' | 'flow' | 'approvals'>;
  readonly plugins: readonly ProvedPlugin[];
  readonly principals: readonly ProvedPrincipal[];
}

export interface ProvedPrincipal {
  /** `kind:id`. */
  readonly name: string;
  readonly grants: readonly CapabilityPattern[];
}

export interface Step {
  readonly move: string;
  /** Of the turn, once it has been made. */
  readonly label: Label;
}

/** Steps that end with an outward effect of a turn that knows secrets and has heard outsiders. */
export interface Leak {
  readonly principal: string;
  readonly path: readonly Step[];
}

export function proveFlow(workspace: ProvedWorkspace): readonly Leak[] {
  return workspace.principals.flatMap((principal) => {
    const path = findPath(listMoves(workspace, principal), workspace.policy);
    return path === undefined ? [] : [{ principal: principal.name, path }];
  });
}

/** Everything that nobody forbids, and that no human is asked about whatever the label is. */
function listMoves(
  { policy, plugins }: ProvedWorkspace,
  { grants }: ProvedPrincipal,
): readonly Move[] {
  const held: CapabilityRules = { allow: grants, deny: [] };
  const called = plugins.flatMap((plugin) =>
    plugin.tools.map(toMove).filter((move) => isPossible(move, [plugin, policy, held])),
  );
  const spawned = Object.entries(BLOCK_BITS)
    .map(([bit, { family }]): Move => {
      const needs = ['block:spawn', family];
      return { name: `block ${bit}`, tool: { annotations: {}, requires: [family] }, needs };
    })
    .filter((move) => isPossible(move, [policy, held]));
  return [...called, ...spawned].filter((move) => !holdsEvery(policy.approvals.always, move));
}

/** The shortest one: breadth first over the labels. */
function findPath(
  moves: readonly Move[],
  { flow }: Pick<Policy, 'flow'>,
): readonly Step[] | undefined {
  const paths = new Map<string, readonly Step[]>([[keyOf(PRINCIPAL_LABEL), []]]);
  const waiting: Label[] = [PRINCIPAL_LABEL];
  for (let label = waiting.shift(); label !== undefined; label = waiting.shift()) {
    const path = paths.get(keyOf(label)) ?? [];
    for (const { name, tool } of moves) {
      if (decideEffects(label, tool, flow) !== 'allow') continue;
      const during = labelDuring(label, tool);
      if (isDangerous(during) && effectsOfCall(tool).includes('send')) {
        return [...path, { move: name, label: during }];
      }
      for (const next of labelsAfter(during, tool)) {
        if (paths.has(keyOf(next))) continue;
        paths.set(keyOf(next), [...path, { move: name, label: next }]);
        waiting.push(next);
      }
    }
  }
  return undefined;
}

function isDangerous({ integrity, confidentiality }: Label): boolean {
  return integrity === 'untrusted' && confidentiality === 'secret';
}

/** What it reads may shape what it does. */
function labelDuring(label: Label, { requires }: Move['tool']): Label {
  return joinRead(label, effectOf(requires));
}

/** A result may be an outsider's, unless its tool works within a closed world and reads nothing. */
function labelsAfter(during: Label, { annotations, requires }: Move['tool']): readonly Label[] {
  const { hearsOutsiders, readsPrivate } = effectOf(requires);
  const isClosed = annotations.openWorldHint === false && !hearsOutsiders && !readsPrivate;
  return isClosed ? [during] : [during, joinLabels(during, UNTRUSTED_LABEL)];
}

function keyOf({ integrity, confidentiality }: Label): string {
  return `${integrity} ${confidentiality}`;
}
