import { describe, expect, test } from 'vitest';
import { MAX_PROGRESS_LINES } from '../../src/agent/report-progress.ts';
import type { Authority } from '../../src/core/policy/authority.ts';
import { compileKnownValues } from '../../src/core/scan/known-values.ts';
import { outcome } from './support/fake-tier.ts';
import { AUTHORITY, makeWorld, type World } from './support/world.ts';

const CALLS = [{ calls: [{ name: 'echo', args: { text: 'a' } }] }, { text: 'Done.' }];

/** A tier that says something while it runs. */
function worldThatSays(work: (say: (text: string) => void, world: World) => Promise<void>): World {
  const world = makeWorld(CALLS);
  const hearers = new Map<string, (text: string) => void>();
  Object.assign(world.tier, {
    hearProgress(callKey: string, hear: (text: string) => void) {
      hearers.set(callKey, hear);
      return () => hearers.delete(callKey);
    },
  });
  world.tier.run = async ({ claims }) => {
    const hear = hearers.get(claims.callKey);
    if (hear === undefined) throw new Error('Nobody hears');
    await work(hear, world);
    return outcome('arrived');
  };
  return world;
}

const linesOf = ({ session }: World) =>
  session.entries.flatMap((entry) => (entry.kind === 'call-progress' ? [entry.text] : []));

describe('what a tier says of a call', () => {
  test('is journaled between its start and its end', async () => {
    const world = worldThatSays(async (say, { clock }) => {
      say('one');
      await clock.sleep(500);
      say('two');
      await clock.sleep(500);
    });
    await world.run();
    expect(linesOf(world)).toEqual(['one', 'two']);
    const kinds = world.session.entries.map(({ kind }) => kind);
    expect(kinds.indexOf('call-started')).toBeLessThan(kinds.indexOf('call-progress'));
    expect(kinds.lastIndexOf('call-progress')).toBeLessThan(kinds.indexOf('call-finished'));
    expect(world.session.progress.end).toMatchObject({ kind: 'turn-finished', output: 'Done.' });
  });

  test('is passed over but for the latest, if it says more than can be read', async () => {
    const world = worldThatSays(async (say, { clock }) => {
      for (const text of ['one', 'two', 'three']) say(text);
      await clock.sleep(500);
    });
    await world.run();
    expect(linesOf(world)).toEqual(['one', 'three']);
  });

  test('is so many lines at most', async () => {
    const world = worldThatSays(async (say, { clock }) => {
      for (let line = 0; line <= MAX_PROGRESS_LINES + 5; line++) {
        say(`line ${line}`);
        await clock.sleep(300);
      }
    });
    await world.run();
    expect(linesOf(world)).toHaveLength(MAX_PROGRESS_LINES);
  });

  test('comes to nothing once the call is over', async () => {
    let late: ((text: string) => void) | undefined;
    const world = worldThatSays(async (say) => {
      late = say;
    });
    await world.run();
    late?.('too late');
    await world.clock.sleep(1_000);
    expect(linesOf(world)).toEqual([]);
  });

  test('is cut, and shows no secret of the workspace', async () => {
    const world = worldThatSays(async (say, { clock }) => {
      say(`with value-of-the-secret ${'x'.repeat(5_000)}\0`);
      await clock.sleep(500);
    });
    world.known = compileKnownValues([{ name: 'api-key', value: 'value-of-the-secret' }]);
    await world.run();
    const [line = ''] = linesOf(world);
    expect(line).toContain('[removed by the gateway: known:api-key]');
    expect(line).not.toContain('value-of-the-secret');
    expect(line.length).toBeLessThanOrEqual(1_100);
  });

  test.each([
    ['as they were a moment ago, of a plugin that was given none', undefined, 'recent'],
    [
      'as they are, of one that may have had one renewed',
      { values: {}, hash: 'c'.repeat(64) },
      'present',
    ],
  ])('is looked through for secrets %s', async (_, config, freshness) => {
    const world = worldThatSays(async (say, { clock, freshness }) => {
      freshness.length = 0;
      say('one');
      await clock.sleep(500);
      expect(freshness).toHaveLength(1);
    });
    const plugins = AUTHORITY.plugins.map((plugin) => ({ ...plugin, ...(config && { config }) }));
    const authority = { ...AUTHORITY, plugins } as Authority;
    world.session.authority = authority;
    await world.run({ ...world.turn, authority });
    expect(world.freshness.slice(0, 2)).toEqual([freshness, freshness]);
  });
});
