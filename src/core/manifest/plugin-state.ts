/**
 * The life of a plugin: `discovered → validated → loading → running → draining → stopped`, or
 * `failed` with a reason. Only `running` plugins serve new turns; a `draining` one serves the turns
 * that began with it. A `quarantined` one serves nobody, and only a person's release leads out.
 *
 * @module
 */

export const PLUGIN_STATES = [
  'discovered',
  'validated',
  'loading',
  'running',
  'draining',
  'stopped',
  'failed',
  'quarantined',
] as const;

export type PluginState = (typeof PLUGIN_STATES)[number];

/**
 * `supersede`: a newer version runs. `drained`: no turn is left that began with it. `stop`: by an
 * operator, at once. `validate` brings back what was stopped or has failed. `quarantine`: by an
 * operator, at once, together with its code; `release` takes that back and starts nothing.
 */
export type PluginEvent =
  | 'validate'
  | 'load'
  | 'start'
  | 'supersede'
  | 'drained'
  | 'stop'
  | 'fail'
  | 'quarantine'
  | 'release';

const TRANSITIONS: Readonly<
  Record<PluginState, Readonly<Partial<Record<PluginEvent, PluginState>>>>
> = {
  discovered: { validate: 'validated', fail: 'failed' },
  validated: { load: 'loading', stop: 'stopped', fail: 'failed' },
  loading: { start: 'running', stop: 'stopped', fail: 'failed' },
  running: { supersede: 'draining', stop: 'stopped', fail: 'failed' },
  draining: { drained: 'stopped', stop: 'stopped', fail: 'failed' },
  stopped: { validate: 'validated' },
  failed: { validate: 'validated' },
  quarantined: { release: 'stopped' },
};

/** The state after an event; `undefined` if nothing of the kind can happen in this state. */
export function nextState(state: PluginState, event: PluginEvent): PluginState | undefined {
  if (event === 'quarantine' && state !== 'quarantined') return 'quarantined';
  return TRANSITIONS[state][event];
}
