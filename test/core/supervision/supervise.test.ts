import { describe, expect, test } from 'vitest';
import { supervise } from '../../../src/core/supervision/supervise.ts';
import { child, Family, spec } from './support/family.ts';

const abc = [child('a'), child('b'), child('c')];
const CRASH = { crash: 'boom' } as const;

test('children are started in order, each once the one before is up', () => {
  const family = new Family(spec(), abc, false);
  expect(family.news()).toEqual(['start a']);
  family.hear({ kind: 'started', name: 'a', life: 1 });
  expect(family.news()).toEqual(['start b']);
});

test('children are stopped in reverse order before the supervisor ends', () => {
  const family = new Family(spec(), abc);
  family.news();
  family.hear({ kind: 'stop', reason: 'shutdown' });
  expect(family.news()).toEqual(['shutdown c', 'shutdown b', 'shutdown a', 'end "shutdown"']);
});

describe('strategies', () => {
  const crashOfB = (strategy: 'one-for-one' | 'one-for-all' | 'rest-for-one') => {
    const family = new Family(spec({ strategy }), abc);
    family.news();
    family.exit('b', CRASH);
    return family.news();
  };
  test('one-for-one starts the one that ended', () => {
    expect(crashOfB('one-for-one')).toEqual(['start b']);
  });
  test('rest-for-one stops and starts those after it', () => {
    expect(crashOfB('rest-for-one')).toEqual(['shutdown c', 'start b', 'start c']);
  });
  test('one-for-all stops and starts all', () => {
    expect(crashOfB('one-for-all')).toEqual([
      ...['shutdown c', 'shutdown a', 'start a', 'start b', 'start c'],
    ]);
  });
});

describe('restart types', () => {
  test.each([
    ['permanent', 'normal', true],
    ['permanent', CRASH, true],
    ['transient', 'normal', false],
    ['transient', 'shutdown', false],
    ['transient', { shutdown: 'x' }, false],
    ['transient', 'killed', true],
    ['transient', 'noproc', true],
    ['transient', 'timeout', true],
    ['transient', CRASH, true],
    ['temporary', CRASH, false],
  ] as const)('%s after %j: started again is %s', (restart, reason, again) => {
    const family = new Family(spec(), [child('a', { restart })]);
    family.exit('a', reason);
    expect(family.alive.has('a')).toBe(again);
  });

  test('a temporary child is forgotten, a transient one can be started by hand', () => {
    const family = new Family(spec(), [
      child('t', { restart: 'temporary' }),
      child('u', { restart: 'transient' }),
    ]);
    family.exit('t', CRASH);
    family.exit('u', 'normal');
    expect(family.state.children.map(({ spec: { name } }) => name)).toEqual(['u']);
    family.hear({ kind: 'restart', name: 'u' });
    expect([...family.alive.keys()]).toEqual(['u']);
  });

  test('one-for-all ends a temporary sibling for good', () => {
    const family = new Family(spec({ strategy: 'one-for-all' }), [
      child('a'),
      child('t', { restart: 'temporary' }),
    ]);
    family.exit('a', CRASH);
    expect([...family.alive.keys()]).toEqual(['a']);
  });
});

test('a child that cannot be started again by hand stays, stopped', () => {
  const family = new Family(spec(), [child('u', { restart: 'transient' })]);
  family.exit('u', 'normal');
  const failed = { kind: 'start-failed', name: 'u', life: 2, reason: CRASH } as const;
  const asked = supervise(family.state, { kind: 'restart', name: 'u' }, 0);
  const after = supervise(asked.state, failed, 0);
  expect(after.commands).toEqual([]);
  expect(after.state).toMatchObject({
    children: [{ spec: { name: 'u' }, status: 'stopped' }],
    ...{ plan: [], exits: [], isEnding: false },
  });
});

describe('intensity', () => {
  test('one restart too many ends the supervisor with shutdown', () => {
    const family = new Family(spec({ intensity: 2 }), abc);
    family.exit('a', CRASH);
    family.exit('a', CRASH);
    expect(family.ended).toBeUndefined();
    family.news();
    family.exit('a', CRASH);
    expect(family.news()).toEqual(['shutdown c', 'shutdown b', 'end "shutdown"']);
    expect(family.ended).toBe('shutdown');
  });
  test('restarts that are a period apart do not add up', () => {
    const family = new Family(spec({ intensity: 1 }), [child('a')]);
    for (let times = 0; times < 20; times++) {
      family.exit('a', CRASH);
      family.now += 5_000;
    }
    expect(family.ended).toBeUndefined();
  });
  test('the pause before a restart doubles up to its maximum', () => {
    const family = new Family(spec({ intensity: 9, backoff: { firstMs: 10, maxMs: 35 } }), [
      child('a'),
    ]);
    family.news();
    for (let times = 0; times < 4; times++) family.exit('a', CRASH);
    expect(family.news().filter((word) => word.startsWith('wait'))).toEqual([
      ...['wait 10', 'wait 20', 'wait 35', 'wait 35'],
    ]);
  });
});

describe('stopping', () => {
  test('who does not end within its grace is killed', () => {
    const family = new Family(spec(), [child('a')]);
    family.isObedient = false;
    family.news();
    family.hear({ kind: 'stop', reason: 'shutdown' });
    family.hear({ kind: 'grace-over', name: 'a', life: 1 });
    expect(family.news()).toEqual(['shutdown a', 'kill a']);
    family.exit('a', 'killed');
    expect(family.ended).toBe('shutdown');
  });
  test('without grace it is killed at once', () => {
    const family = new Family(spec(), [child('a', { graceMs: 0 })]);
    family.news();
    family.hear({ kind: 'stop', reason: 'normal' });
    expect(family.news()).toEqual(['kill a', 'end "normal"']);
  });
  test('a grace that is over after the end kills nobody', () => {
    const family = new Family(spec(), [child('a')]);
    family.exit('a', CRASH);
    family.news();
    family.hear({ kind: 'grace-over', name: 'a', life: 1 });
    expect(family.news()).toEqual([]);
  });
  test('a child that is still coming up is stopped once it is up', () => {
    const family = new Family(spec(), [child('a')], false);
    family.news();
    family.hear({ kind: 'stop', reason: 'shutdown' });
    expect(family.news()).toEqual([]);
    family.hear({ kind: 'started', name: 'a', life: 1 });
    expect(family.news()).toEqual(['shutdown a']);
  });
  test('a second stop changes nothing', () => {
    const family = new Family(spec(), [child('a')]);
    family.isObedient = false;
    family.hear({ kind: 'stop', reason: 'shutdown' });
    const before = family.state;
    family.hear({ kind: 'stop', reason: 'normal' });
    expect(family.state).toBe(before);
  });
});

describe('children that cannot be started', () => {
  test('one of the first ends the supervisor, after those that are up', () => {
    const family = new Family(spec(), [child('a'), child('b')], false);
    family.alive.set('a', 1);
    family.hear({ kind: 'started', name: 'a', life: 1 });
    family.isObedient = true;
    family.news();
    family.hear({ kind: 'start-failed', name: 'b', life: 1, reason: CRASH });
    expect(family.news()).toEqual(['shutdown a', 'end {"crash":"child_start_failed"}']);
  });
  test('one that was added later is forgotten', () => {
    const family = new Family(spec(), [child('a')]);
    family.isObedient = false;
    family.hear({ kind: 'add', spec: child('b') });
    family.hear({ kind: 'start-failed', name: 'b', life: 1, reason: CRASH });
    expect(family.state.children.map(({ spec: { name } }) => name)).toEqual(['a']);
    expect(family.ended).toBeUndefined();
  });
  test('a restart that fails is tried again until the intensity says no', () => {
    const family = new Family(spec({ intensity: 2 }), [child('a')]);
    family.isObedient = false;
    family.exit('a', CRASH);
    family.hear({ kind: 'start-failed', name: 'a', life: 2, reason: CRASH });
    family.hear({ kind: 'start-failed', name: 'a', life: 3, reason: CRASH });
    expect(family.ended).toBe('shutdown');
  });
});

describe('significant children', () => {
  const pair = [
    child('a', { restart: 'transient', significant: true }),
    child('b', { restart: 'transient', significant: true }),
  ];
  test('any-significant ends with the first', () => {
    const family = new Family(spec({ autoShutdown: 'any-significant' }), pair);
    family.exit('a', 'normal');
    expect(family.ended).toBe('shutdown');
  });
  test('all-significant ends with the last', () => {
    const family = new Family(spec({ autoShutdown: 'all-significant' }), pair);
    family.exit('a', 'normal');
    expect(family.ended).toBeUndefined();
    family.exit('b', 'normal');
    expect(family.ended).toBe('shutdown');
  });
  test('who is started again ends nothing', () => {
    const family = new Family(spec({ autoShutdown: 'any-significant' }), pair);
    family.exit('a', CRASH);
    expect(family.ended).toBeUndefined();
  });
});

describe('children while it runs', () => {
  test('a name is given once', () => {
    const family = new Family(spec(), [child('a')]);
    family.news();
    family.hear({ kind: 'add', spec: child('a') });
    expect(family.news()).toEqual([]);
  });
  test('who is removed is stopped first', () => {
    const family = new Family(spec(), abc);
    family.news();
    family.hear({ kind: 'remove', name: 'b' });
    expect(family.news()).toEqual(['shutdown b']);
    expect(family.state.children.map(({ spec: { name } }) => name)).toEqual(['a', 'c']);
  });
  test('an end during a plan that deals with it counts no restart of its own', () => {
    const family = new Family(spec({ strategy: 'one-for-all' }), abc);
    family.isObedient = false;
    family.exit('a', CRASH);
    family.exit('b', CRASH);
    family.isObedient = true;
    family.exit('c', 'shutdown');
    expect([...family.alive.keys()]).toEqual(['a', 'b', 'c']);
    expect(family.state.restartTimes).toHaveLength(1);
  });
});

describe('reconfiguration', () => {
  test('other rules hold for the next end, and what runs goes on', () => {
    const family = new Family(spec(), abc);
    family.news();
    family.hear({
      kind: 'reconfigure',
      spec: spec({ strategy: 'one-for-all' }),
      children: [child('b', { restart: 'temporary' })],
    });
    expect(family.news()).toEqual([]);
    family.exit('a', CRASH);
    expect(family.news()).toEqual(['shutdown c', 'shutdown b', 'start a', 'start c']);
  });

  test('a child that it does not have is not added, and one that is left out stays', () => {
    const family = new Family(spec(), abc);
    family.news();
    family.hear({ kind: 'reconfigure', spec: spec(), children: [child('z')] });
    family.exit('a', CRASH);
    expect(family.news()).toEqual(['start a']);
    expect([...family.alive]).not.toContain('z');
  });
});
