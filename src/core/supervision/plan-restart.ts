/**
 * What follows when a child has ended by itself.
 *
 * @module
 */

import { type ExitReason, isOrderly } from './exit-reason.ts';
import { countRestart } from './restart-intensity.ts';
import type { ChildSpec } from './supervisor-spec.ts';
import type { ChildState, Step, SupervisorState } from './supervisor-state.ts';

/** The state with a plan for the end of `child`, which is `stopped` already. */
export function planAfterExit(
  state: SupervisorState,
  child: ChildState,
  { reason, now }: { readonly reason: ExitReason; readonly now: number },
): SupervisorState {
  if (!shouldRestart(child.spec, reason)) return planWithout(state, child.spec);
  const { times, isExceeded } = countRestart(state.restartTimes, state.spec, now);
  const counted = { ...state, restartTimes: times };
  // OTP: whoever restarts too often ends with `shutdown`, and leaves it to its own supervisor.
  if (isExceeded) return planEnd(counted, 'shutdown');
  return { ...counted, plan: [...pause(counted), ...restartSteps(counted, child.spec)] };
}

/** The plan that stops all children in reverse order and then ends the supervisor. */
export function planEnd(state: SupervisorState, reason: ExitReason): SupervisorState {
  const stops = stopInReverse(state.children);
  return { ...state, plan: [...stops, { do: 'end', reason }], exits: [], isEnding: true };
}

function shouldRestart({ restart }: ChildSpec, reason: ExitReason): boolean {
  return restart === 'permanent' || (restart === 'transient' && !isOrderly(reason));
}

/** It stays away; that may be the end of all. */
function planWithout(state: SupervisorState, ended: ChildSpec): SupervisorState {
  const children =
    ended.restart === 'temporary'
      ? state.children.filter(({ spec }) => spec.name !== ended.name)
      : state.children;
  const next = { ...state, children };
  const { autoShutdown } = state.spec;
  if (!ended.significant || autoShutdown === 'never') return next;
  const isLast = children.every(({ spec, status }) => !spec.significant || status === 'stopped');
  return autoShutdown === 'any-significant' || isLast ? planEnd(next, 'shutdown') : next;
}

function restartSteps({ spec, children }: SupervisorState, { name }: ChildSpec): Step[] {
  const place = children.findIndex((child) => child.spec.name === name);
  const from = { 'one-for-one': place, 'rest-for-one': place, 'one-for-all': 0 }[spec.strategy];
  const to = spec.strategy === 'one-for-one' ? place + 1 : children.length;
  const concerned = children.slice(from, to);
  const others = concerned.filter((child) => child.spec.name !== name);
  const gone = others.filter((child) => child.spec.restart === 'temporary');
  return [
    ...stopInReverse(others),
    ...gone.map((child): Step => ({ do: 'forget', name: child.spec.name })),
    ...concerned
      .filter((child) => !gone.includes(child))
      .map((child): Step => ({ do: 'start', name: child.spec.name, again: true })),
  ];
}

function stopInReverse(children: readonly ChildState[]): Step[] {
  return children
    .filter(({ status }) => status !== 'stopped')
    .map(({ spec }): Step => ({ do: 'stop', name: spec.name }))
    .reverse();
}

function pause({ spec, restartTimes }: SupervisorState): Step[] {
  if (spec.backoff === undefined) return [];
  const { firstMs, maxMs } = spec.backoff;
  return [{ do: 'pause', ms: Math.min(maxMs, firstMs * 2 ** (restartTimes.length - 1)) }];
}
