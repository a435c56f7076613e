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
import { type CapabilityRules, findCovering } from '../capabilities/capability-set.ts';
import { type CapabilityPattern, parseCapability } from '../capabilities/pattern.ts';
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
  /** Whose it is, where it is another's: the turn goes on with what his has left. */
  readonly by?: string;
}

/** Steps that end with an outward effect of a turn that knows secrets and has heard outsiders. */
export interface Leak {
  readonly principal: string;
  readonly path: readonly Step[];
}

export function proveFlow(workspace: ProvedWorkspace): readonly Leak[] {
  const actors = workspace.principals.map((principal): Actor => {
    const mayDo = (names: readonly string[]) => names.some((name) => mayEver(principal, name));
    const moves = listMoves(workspace, principal);
    return { principal, moves, tells: mayDo(TELLING), hears: mayDo(HEARING) };
  });
  const told = listTold(actors, workspace.policy);
  return actors.flatMap(({ principal, moves, hears }) => {
    const { leak } = explore(moves, hears ? told : ALONE, workspace.policy);
    return leak === undefined ? [] : [{ principal: principal.name, path: leak }];
  });
}

interface Actor {
  readonly principal: ProvedPrincipal;
  readonly moves: readonly Move[];
  /** Whether others may go on with what its turns know: in a session, or by a message. */
  readonly tells: boolean;
  readonly hears: boolean;
}

const TELLING = ['session:turn', 'block:send'];
const HEARING = ['session:turn', 'block:receive'];

/** By which steps a turn came to its label, by label. */
type Ways = ReadonlyMap<string, Way>;

interface Way {
  readonly label: Label;
  readonly path: readonly Step[];
}

/** Of a turn that nobody has told anything. */
const ALONE: Ways = new Map([
  [keyOf(PRINCIPAL_LABEL), { label: PRINCIPAL_LABEL, path: [] as readonly Step[] }],
]);

/** With which labels a turn may begin: those to which anybody has brought one whose words go on. */
function listTold(actors: readonly Actor[], policy: Pick<Policy, 'flow'>): Ways {
  const told = new Map(ALONE);
  for (let before = 0; before < told.size; ) {
    before = told.size;
    for (const { principal, moves, tells, hears } of actors) {
      if (!tells) continue;
      const { ways } = explore(moves, hears ? told : ALONE, policy);
      for (const [key, { label, path }] of ways) {
        if (told.has(key)) continue;
        const by = (step: Step) => ({ ...step, by: step.by ?? principal.name });
        told.set(key, { label, path: path.map(by) });
      }
    }
  }
  return told;
}

function mayEver({ grants }: ProvedPrincipal, name: string): boolean {
  const capability = parseCapability(name);
  return capability.ok && findCovering(grants, capability.value) !== undefined;
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

interface Explored {
  readonly ways: Ways;
  /** The shortest one. */
  readonly leak?: readonly Step[];
}

/** Breadth first over the labels, from all with which a turn may begin. */
function explore(moves: readonly Move[], begun: Ways, { flow }: Pick<Policy, 'flow'>): Explored {
  const ways = new Map(begun);
  const waiting = [...begun.values()];
  const leaks: (readonly Step[])[] = [];
  for (let way = waiting.shift(); way !== undefined; way = waiting.shift()) {
    for (const { name, tool } of moves) {
      if (decideEffects(way.label, tool, flow) !== 'allow') continue;
      const during = labelDuring(way.label, tool);
      if (isDangerous(during) && effectsOfCall(tool).includes('send')) {
        leaks.push([...way.path, { move: name, label: during }]);
      }
      for (const next of labelsAfter(during, tool)) {
        if (ways.has(keyOf(next))) continue;
        const found = { label: next, path: [...way.path, { move: name, label: next }] };
        ways.set(keyOf(next), found);
        waiting.push(found);
      }
    }
  }
  const [leak] = leaks.sort((one, other) => one.length - other.length);
  return { ways, ...(leak && { leak }) };
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
