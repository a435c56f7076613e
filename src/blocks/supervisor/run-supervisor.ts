/**
 * A block whose work is to keep others alive: events of its children in, what `core/supervision`
 * decides about them out.
 *
 * Each function is part of a transaction, so what was decided is done if and only if it is stored.
 *
 * @module
 */

import type { BlockSignal } from '../../core/blocks/block-signal.ts';
import type { ChildOrder, SupervisorBehavior } from '../../core/blocks/block-spec.ts';
import { allows, type CapabilitySet } from '../../core/capabilities/capability-set.ts';
import { parseCapability } from '../../core/capabilities/pattern.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import { err, type Result } from '../../core/primitives/result.ts';
import { type Supervised, startSupervisor, supervise } from '../../core/supervision/supervise.ts';
import type {
  SupervisorCommand,
  SupervisorEvent,
} from '../../core/supervision/supervisor-state.ts';
import type { BlockRefusal } from '../user/block-api.ts';
import { type BlockParts, sendSoon } from '../user/block-parts.ts';
import { endBlock } from '../user/end-block.ts';
import type { BlockFacts } from '../user/facts-store.ts';
import { crash } from '../user/may-act.ts';
import { capabilitiesOf } from '../user/present-facts.ts';
import { refusal } from '../user/refusals.ts';
import { type Carried, type Carrying, startChild } from './start-child.ts';
import {
  type ChildNews,
  ownOf,
  readSupervisor,
  type SupervisorRecord,
  storeOf,
} from './supervisor-store.ts';

/** Longest that a supervisor keeps of what its children are, as JSON: it is written with each event. */
const MAX_ORDERS_CHARS = 4_194_304;

/** Children that are gone and of which it is known who they were last. */
const MAX_FORMER = 100;

/** The timer of a supervisor: for what it waits for, whichever comes first. */
const SUPERVISE_TIMER = 'supervise';

/** At birth: starts the children, in their order. */
export function startChildren(
  parts: BlockParts,
  facts: BlockFacts,
  behavior: SupervisorBehavior,
): void {
  if (endsForLack(parts, facts)) return;
  const { children, kind: _, ...spec } = behavior;
  const orders = Object.fromEntries(children.map((child) => [child.name, child]));
  const specs = children.map(toSpec);
  const started = startSupervisor(spec, specs, parts.now());
  const record = { state: started.state, orders, lives: {}, alarms: [], bounds: {} };
  storeOf(parts).create(record);
  settle(parts, facts, { record, started, wasUp: false });
}

/** Something happened to the child that lives, or lived last, under this id. */
export function hearChild(parts: BlockParts, facts: BlockFacts, heard: ChildNews): void {
  const record = readSupervisor(parts);
  if (record === undefined) return;
  const found = Object.entries(record.lives).find(([, { id }]) => id === heard.id);
  if (found === undefined) return;
  const [name, { life }] = found;
  if (heard.lastSeq !== undefined) {
    const lives = { ...record.lives, [name]: { ...found[1], lastSeq: heard.lastSeq } };
    storeOf(parts).write({ ...record, lives });
  }
  tellSupervisor(
    parts,
    facts,
    heard.ended === undefined
      ? { kind: 'started', name, life }
      : { kind: 'exited', name, life, reason: heard.ended },
  );
}

export function tellSupervisor(parts: BlockParts, facts: BlockFacts, event: SupervisorEvent): void {
  const record = readSupervisor(parts);
  if (record === undefined) return;
  const started = supervise(record.state, event, parts.now());
  settle(parts, facts, { record, started, wasUp: record.state.isUp });
}

/** The `supervise` timer: tells what is due, and sets itself for what is not. */
export function hearAlarms(parts: BlockParts, facts: BlockFacts): void {
  const record = readSupervisor(parts);
  if (record === undefined) return;
  const now = parts.now();
  const due = record.alarms.filter(({ at }) => at <= now);
  const alarms = record.alarms.filter(({ at }) => at > now);
  storeOf(parts).write({ ...record, alarms });
  setTimer(parts, alarms);
  for (const { event } of due) tellSupervisor(parts, facts, event);
}

/** A child that is added while the supervisor runs. */
export function addChild(
  parts: BlockParts,
  facts: BlockFacts,
  child: ChildOrder,
): Result<true, BlockRefusal> {
  const record = readSupervisor(parts);
  if (record === undefined) return err(NO_SUPERVISOR);
  if (record.state.isEnding) return err(ENDING);
  if (Object.hasOwn(record.orders, child.name)) {
    return err(refusal('conflict', 'The supervisor has a child of this name'));
  }
  const orders = { ...record.orders, [child.name]: child };
  if (isTooMuch(orders)) return err(TOO_MUCH);
  const started = supervise(record.state, { kind: 'add', spec: toSpec(child) }, parts.now());
  settle(parts, facts, { record: { ...record, orders }, started, wasUp: record.state.isUp });
  return { ok: true, value: true };
}

/** Why it cannot take on all children of a new behaviour; then it takes on none. */
export function findUpgradeObjection(
  parts: BlockParts,
  { children }: SupervisorBehavior,
): BlockRefusal | undefined {
  const record = readSupervisor(parts);
  if (record === undefined) return undefined;
  const { orders, state } = record;
  if (state.isEnding && children.some(({ name }) => !Object.hasOwn(orders, name))) return ENDING;
  const named = Object.fromEntries(children.map((child) => [child.name, child]));
  return isTooMuch({ ...orders, ...named }) ? TOO_MUCH : undefined;
}

function isTooMuch(orders: SupervisorRecord['orders']): boolean {
  return JSON.stringify(orders).length > MAX_ORDERS_CHARS;
}

/**
 * Other rules from now on, and for the children that there are other specifications from their next
 * life on; those that are new are started. Who is left out stays as it was.
 */
export function upgradeSupervisor(
  parts: BlockParts,
  facts: BlockFacts,
  behavior: SupervisorBehavior,
): void {
  const record = readSupervisor(parts);
  if (record === undefined) return;
  const { children, kind: _, ...spec } = behavior;
  const known = children.filter(({ name }) => Object.hasOwn(record.orders, name));
  const orders = Object.fromEntries(known.map((child) => [child.name, child]));
  const event = { kind: 'reconfigure', spec, children: known.map(toSpec) } as const;
  const started = supervise(record.state, event, parts.now());
  const changed = { ...record, orders: { ...record.orders, ...orders } };
  settle(parts, facts, { record: changed, started, wasUp: record.state.isUp });
  for (const child of children) if (!known.includes(child)) addChild(parts, facts, child);
}

/** A child is not what it was born as: its next life goes on from there. */
export function hearChangedChild(
  parts: BlockParts,
  { id, signal }: { readonly id: BlockId; readonly signal: ChangedSignal },
): void {
  const record = readSupervisor(parts);
  if (record === undefined) return;
  const [name] = Object.entries(record.lives).find(([, life]) => life.id === id) ?? [];
  const order = name === undefined ? undefined : ownOf(record.orders, name);
  if (name === undefined || order === undefined) return;
  const { behavior, grants } = signal;
  const orders = behavior && { ...record.orders, [name]: { ...order, behavior } };
  const bounds = grants && { ...record.bounds, [name]: grants };
  storeOf(parts).write({ ...record, ...(orders && { orders }), ...(bounds && { bounds }) });
}

type ChangedSignal = Extract<BlockSignal, { readonly kind: 'changed' }>;

const TOO_MUCH = refusal('limit_reached', 'The supervisor cannot keep more of its children');
const ENDING = refusal('conflict', 'The supervisor is ending: it starts no more children');
const NO_SUPERVISOR = refusal('conflict', 'The block is no supervisor');

/** Whether the supervisor has a child of this name. */
export function hasChild(parts: BlockParts, name: string): boolean {
  const record = readSupervisor(parts);
  return record !== undefined && Object.hasOwn(record.orders, name);
}

interface Settling {
  readonly record: SupervisorRecord;
  readonly started: Supervised;
  readonly wasUp: boolean;
}

/** Carries out the commands, and what follows from those that fail at once. */
function settle(parts: BlockParts, facts: BlockFacts, settling: Settling): void {
  let record: SupervisorRecord = { ...settling.record, state: settling.started.state };
  const todo = [...settling.started.commands];
  for (let command = todo.shift(); command !== undefined; command = todo.shift()) {
    const { event, ...change } = carryOut(parts, facts, { command, record });
    record = { ...record, ...change };
    if (event === undefined) continue;
    const next = supervise(record.state, event, parts.now());
    record = { ...record, state: next.state };
    todo.push(...next.commands);
  }
  const names = new Set(record.state.children.map(({ spec }) => spec.name));
  const ofThese = <T>(named: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(named).filter(([name]) => names.has(name)));
  const { orders, bounds } = record;
  const lives = { ...lastOthers(record.lives, names), ...ofThese(record.lives) };
  storeOf(parts).write({ ...record, orders: ofThese(orders), bounds: ofThese(bounds), lives });
  setTimer(parts, record.alarms);
  const [parent] = facts.order.ancestors;
  const cameUp = record.state.isUp && !settling.wasUp && !record.state.isEnding;
  if (cameUp && facts.order.supervised && parent !== undefined) {
    parts.pairs.say(parent, { kind: 'born' });
  }
  sendSoon(parts);
}

/** Whose names pass on if children of these names are added again. */
function lastOthers(
  lives: SupervisorRecord['lives'],
  names: ReadonlySet<string>,
): SupervisorRecord['lives'] {
  const others = Object.entries(lives).filter(([name]) => !names.has(name));
  return Object.fromEntries(others.slice(-MAX_FORMER));
}

function carryOut(parts: BlockParts, facts: BlockFacts, { command, record }: Carrying): Carried {
  switch (command.do) {
    case 'start':
      return endsForLack(parts, facts) ? {} : startChild(parts, { command, record });
    case 'shutdown':
    case 'kill':
      return stop(parts, { command, record });
    case 'wait': {
      const alarm = { at: parts.now() + command.ms, event: { kind: 'waited' } } as const;
      return { alarms: [...record.alarms, alarm] };
    }
    case 'end':
      endBlock(parts, command.reason);
      return {};
  }
}

const NEEDS = ['block:supervise', 'block:spawn'] as const;

/** Who has lost what a supervisor needs ends with the next child that it would start. */
function endsForLack(parts: BlockParts, { order }: BlockFacts): boolean {
  const facts = parts.facts.alive();
  if (facts === undefined) return true;
  const held = capabilitiesOf(facts, parts.now());
  const capability = NEEDS.find((needed) => !holdsText(held, needed));
  if (capability === undefined) return false;
  crash(parts, order, { capability, reason: 'block_capability_missing' });
  return true;
}

function holdsText(held: CapabilitySet, text: string): boolean {
  const capability = parseCapability(text);
  return capability.ok && allows(held, capability.value);
}

function setTimer(parts: BlockParts, alarms: SupervisorRecord['alarms']): void {
  if (alarms.length === 0) parts.timers.clear(SUPERVISE_TIMER);
  else parts.timers.set(SUPERVISE_TIMER, Math.min(...alarms.map(({ at }) => at)));
}

type StopCommand = Extract<SupervisorCommand, { readonly do: 'shutdown' | 'kill' }>;

function stop(parts: BlockParts, { command, record }: Carrying<StopCommand>): Carried {
  const { name } = command;
  const child = ownOf(record.lives, name);
  if (child === undefined) return {};
  const reason = command.do === 'kill' ? 'kill' : 'shutdown';
  parts.pairs.say(child.id, { kind: 'exit', via: 'exit', reason });
  if (command.do === 'kill') return {};
  const event = { kind: 'grace-over', name, life: child.life } as const;
  return { alarms: [...record.alarms, { at: parts.now() + command.graceMs, event }] };
}

function toSpec({ name, restart, graceMs, significant }: ChildOrder) {
  return { name, restart, graceMs, significant };
}
