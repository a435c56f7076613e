/**
 * The supervisor as a state machine: one event in, the next state and what to do out.
 *
 * It does one thing at a time, as OTP's does: while a plan is going on, further ends of children wait
 * for their turn, and those that the plan has dealt with meanwhile are dropped.
 *
 * @module
 */

import type { ExitReason } from './exit-reason.ts';
import { planAfterExit, planEnd } from './plan-restart.ts';
import type { ChildSpec, SupervisorSpec } from './supervisor-spec.ts';
import type {
  ChildState,
  ChildStatus,
  Step,
  SupervisorCommand,
  SupervisorEvent,
  SupervisorState,
} from './supervisor-state.ts';

export interface Supervised {
  readonly state: SupervisorState;
  readonly commands: readonly SupervisorCommand[];
}

/** A supervisor that starts its children, in their order. */
export function startSupervisor(
  spec: SupervisorSpec,
  children: readonly ChildSpec[],
  now: number,
): Supervised {
  const state: SupervisorState = {
    spec,
    children: children.map(toChild),
    restartTimes: [],
    plan: children.map(({ name }): Step => ({ do: 'start', name, again: false })),
    isWaiting: false,
    exits: [],
    isUp: false,
    isEnding: false,
  };
  return advance(state, now);
}

/** Events about children or lives that are over change nothing. `now` is in epoch milliseconds. */
export function supervise(state: SupervisorState, event: SupervisorEvent, now: number): Supervised {
  switch (event.kind) {
    case 'waited':
      return state.plan[0]?.do === 'pause' && state.isWaiting
        ? advance(stepDone(state), now)
        : { state, commands: [] };
    case 'stop':
      return state.isEnding
        ? { state, commands: [] }
        : advance({ ...planEnd(state, event.reason), isWaiting: false }, now);
    case 'add':
      return addChild(state, event.spec, now);
    case 'restart':
    case 'remove':
      return changeChild(state, event, now);
    case 'reconfigure':
      return { state: reconfigure(state, event), commands: [] };
    default:
      return hearChild(state, event, now);
  }
}

type AboutLife = Extract<SupervisorEvent, { readonly life: number }>;

function hearChild(state: SupervisorState, event: AboutLife, now: number): Supervised {
  const child = findChild(state, event.name);
  if (child === undefined || child.life !== event.life) return { state, commands: [] };
  const { status } = child;
  if (event.kind === 'grace-over') {
    const commands: SupervisorCommand[] =
      status === 'stopping' ? [{ do: 'kill', name: event.name }] : [];
    return { state, commands };
  }
  if (event.kind === 'started') {
    if (status !== 'starting') return { state, commands: [] };
    return advance(settle(withStatus(state, event.name, 'running'), event.name), now);
  }
  if (status === 'stopped') return { state, commands: [] };
  const without = withStatus(state, event.name, 'stopped');
  if (status === 'stopping') return advance(settle(without, event.name), now);
  return advance(endedByItself(without, { child, event, now }), now);
}

interface Ended {
  readonly child: ChildState;
  readonly event: { readonly kind: AboutLife['kind']; readonly reason: ExitReason };
  readonly now: number;
}

function endedByItself(state: SupervisorState, { child, event }: Ended): SupervisorState {
  const { name } = child.spec;
  if (event.kind === 'start-failed' && !state.isEnding && isByHand(state, child)) {
    return settle(state, name);
  }
  if (event.kind === 'start-failed' && child.restarts === 0 && !state.isEnding) {
    // A child that was added and never came up is forgotten, and one of the first is the end of all.
    return state.isUp
      ? forget(settle(state, name), name)
      : { ...planEnd(state, { crash: 'child_start_failed' }), isWaiting: false };
  }
  const exit = { name, life: child.life, reason: event.reason };
  return { ...settle(state, name), exits: [...state.exits, exit] };
}

/** As in OTP: a child that was there before and cannot be started by hand stays as it is, stopped. */
function isByHand({ plan: [step] }: SupervisorState, { life }: ChildState): boolean {
  return life > 1 && step?.do === 'start' && !step.again;
}

/** The step that waited for this child is done. */
function settle(state: SupervisorState, name: string): SupervisorState {
  const [step] = state.plan;
  if (!state.isWaiting || step === undefined || !('name' in step) || step.name !== name) {
    return state;
  }
  // A child that came up while it was to be stopped: now it can be told.
  const cameUp = step.do === 'stop' && findChild(state, name)?.status === 'running';
  return cameUp ? { ...state, isWaiting: false } : stepDone(state);
}

function stepDone(state: SupervisorState): SupervisorState {
  return { ...state, plan: state.plan.slice(1), isWaiting: false };
}

/** Goes on until something must be waited for, or nothing is left to do. */
function advance(from: SupervisorState, now: number): Supervised {
  const commands: SupervisorCommand[] = [];
  let state = from;
  while (!state.isWaiting) {
    const [step] = state.plan;
    if (step === undefined) {
      const [exit, ...exits] = state.exits;
      state = { ...state, exits, isUp: true };
      if (exit === undefined) break;
      state = planFor(state, exit, now);
      continue;
    }
    const begun = begin(state, step);
    state = begun.state;
    commands.push(...begun.commands);
  }
  return { state, commands };
}

function planFor(
  state: SupervisorState,
  exit: SupervisorState['exits'][number],
  now: number,
): SupervisorState {
  const child = findChild(state, exit.name);
  const isPast = child === undefined || child.life !== exit.life || child.status !== 'stopped';
  return isPast ? state : planAfterExit(state, child, { reason: exit.reason, now });
}

function begin(state: SupervisorState, step: Step): Supervised {
  if (step.do === 'end') {
    return { state: { ...state, isWaiting: true }, commands: [step] };
  }
  if (step.do === 'pause') {
    return { state: { ...state, isWaiting: true }, commands: [{ do: 'wait', ms: step.ms }] };
  }
  const child = findChild(state, step.name);
  if (child === undefined) return { state: stepDone(state), commands: [] };
  if (step.do === 'forget') return { state: stepDone(forget(state, step.name)), commands: [] };
  return step.do === 'start' ? beginStart(state, child, step.again) : beginStop(state, child);
}

function beginStart(state: SupervisorState, child: ChildState, again: boolean): Supervised {
  const { name } = child.spec;
  if (child.status !== 'stopped') return { state: stepDone(state), commands: [] };
  const life = child.life + 1;
  const started: ChildState = {
    ...child,
    status: 'starting',
    life,
    restarts: child.restarts + (again ? 1 : 0),
  };
  return {
    state: { ...replaceChild(state, started), isWaiting: true },
    commands: [{ do: 'start', name, life }],
  };
}

function beginStop(state: SupervisorState, child: ChildState): Supervised {
  const { name, graceMs } = child.spec;
  if (child.status === 'stopped') return { state: stepDone(state), commands: [] };
  const waiting = { ...state, isWaiting: true };
  if (child.status !== 'running') return { state: waiting, commands: [] };
  return {
    state: withStatus(waiting, name, 'stopping'),
    commands: [graceMs === 0 ? { do: 'kill', name } : { do: 'shutdown', name, graceMs }],
  };
}

function addChild(state: SupervisorState, spec: ChildSpec, now: number): Supervised {
  if (state.isEnding || findChild(state, spec.name) !== undefined) return { state, commands: [] };
  const step: Step = { do: 'start', name: spec.name, again: false };
  const children = [...state.children, toChild(spec)];
  return advance({ ...state, children, plan: [...state.plan, step] }, now);
}

function changeChild(
  state: SupervisorState,
  { kind, name }: { readonly kind: 'restart' | 'remove'; readonly name: string },
  now: number,
): Supervised {
  if (state.isEnding) return { state, commands: [] };
  const steps: Step[] =
    kind === 'restart'
      ? [{ do: 'start', name, again: false }]
      : [
          { do: 'stop', name },
          { do: 'forget', name },
        ];
  return advance({ ...state, plan: [...state.plan, ...steps] }, now);
}

function reconfigure(
  state: SupervisorState,
  { spec, children }: Extract<SupervisorEvent, { readonly kind: 'reconfigure' }>,
): SupervisorState {
  const changed = children.reduce((before, child) => {
    const known = findChild(before, child.name);
    return known === undefined ? before : replaceChild(before, { ...known, spec: child });
  }, state);
  return { ...changed, spec };
}

function toChild(spec: ChildSpec): ChildState {
  return { spec, status: 'stopped', life: 0, restarts: 0 };
}

function findChild({ children }: SupervisorState, name: string): ChildState | undefined {
  return children.find(({ spec }) => spec.name === name);
}

function withStatus(state: SupervisorState, name: string, status: ChildStatus): SupervisorState {
  const child = findChild(state, name);
  return child === undefined ? state : replaceChild(state, { ...child, status });
}

function replaceChild(state: SupervisorState, child: ChildState): SupervisorState {
  const children = state.children.map((known) =>
    known.spec.name === child.spec.name ? child : known,
  );
  return { ...state, children };
}

function forget(state: SupervisorState, name: string): SupervisorState {
  return { ...state, children: state.children.filter(({ spec }) => spec.name !== name) };
}
