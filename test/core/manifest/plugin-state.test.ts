import { describe, expect, test } from 'vitest';
import {
  nextState,
  PLUGIN_STATES,
  type PluginEvent,
  type PluginState,
} from '../../../src/core/manifest/plugin-state.ts';

const follow = (start: PluginState, ...events: PluginEvent[]) =>
  events.reduce<PluginState | undefined>((state, event) => state && nextState(state, event), start);

describe('nextState()', () => {
  test('leads from discovery to the end of a superseded version', () => {
    expect(follow('discovered', 'validate', 'load', 'start')).toBe('running');
    expect(follow('running', 'supersede', 'drained')).toBe('stopped');
  });

  test('an operator stops whatever could still serve, at once', () => {
    for (const state of ['validated', 'loading', 'running', 'draining'] as const) {
      expect(nextState(state, 'stop')).toBe('stopped');
    }
  });

  test('nothing runs without having been validated and loaded', () => {
    for (const state of PLUGIN_STATES) {
      expect(nextState(state, 'start')).toBe(state === 'loading' ? 'running' : undefined);
    }
  });

  test('what was stopped or has failed begins again with its validation', () => {
    for (const state of ['stopped', 'failed'] as const) {
      expect(follow(state, 'validate', 'load', 'start')).toBe('running');
      expect(nextState(state, 'load')).toBeUndefined();
      expect(nextState(state, 'supersede')).toBeUndefined();
    }
  });

  test('a superseded version never runs again by itself', () => {
    expect(nextState('draining', 'start')).toBeUndefined();
    expect(nextState('draining', 'validate')).toBeUndefined();
  });

  test('an operator quarantines whatever its state, once', () => {
    for (const state of PLUGIN_STATES) {
      expect(nextState(state, 'quarantine')).toBe(
        state === 'quarantined' ? undefined : 'quarantined',
      );
    }
  });

  test('nothing but a release leads out of quarantine, and that starts nothing', () => {
    const events = ['validate', 'load', 'start', 'supersede', 'drained', 'stop', 'fail'] as const;
    for (const event of events) expect(nextState('quarantined', event)).toBeUndefined();
    expect(nextState('quarantined', 'release')).toBe('stopped');
    for (const state of PLUGIN_STATES) {
      if (state !== 'quarantined') expect(nextState(state, 'release')).toBeUndefined();
    }
  });
});
