import { describe, expect, test } from 'vitest';
import { DEFAULT_SCAN_POLICY, type ScanPolicy } from '../../src/core/policy/scan-policy.ts';
import { compileKnownValues } from '../../src/core/scan/known-values.ts';
import { MAX_HELD_CHARS } from '../../src/core/scan/stream-scanner.ts';
import { type Modes, makeStage } from '../core/scan/stage.ts';
import { outcome } from './support/fake-tier.ts';
import { AUTHORITY, makeWorld } from './support/world.ts';

const TOKEN = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
const REMOVED = '[removed by the gateway: secret:github-token]';

function withScan(scan: ScanPolicy) {
  return { authority: { ...AUTHORITY, policy: { ...AUTHORITY.policy, scan } } };
}

function withOutput(modes: Modes) {
  return withScan({ ...DEFAULT_SCAN_POLICY, output: makeStage(modes) });
}

/** Every piece of it comes after a window of its own. */
const SLOWLY = {
  text: ['The key is gh', 'p_', TOKEN.slice(4, 20), TOKEN.slice(20), ' now.'],
  pauseMs: 150,
};

describe('a reply', () => {
  test('is shown without the secret that it was cut through while it streamed', async () => {
    const world = makeWorld([SLOWLY]);
    await world.run();
    const said = `The key is ${REMOVED} now.`;
    expect(world.session.shownText).toBe(said);
    expect(world.session.progress.end).toMatchObject({ kind: 'turn-finished', output: said });
    expect(JSON.stringify(world.session.entries)).not.toContain(TOKEN.slice(4, 20));
    const asked = world.session.audit.find(({ action }) => action === 'model-called');
    expect(asked).toMatchObject({ decision: 'observed', findings: ['secret:github-token'] });
  });

  test('is remembered as it was shown', async () => {
    const world = makeWorld([
      { text: `Using ${TOKEN} now.`, calls: [{ name: 'echo', args: { text: 'a' } }] },
      { text: 'Done.' },
    ]);
    await world.run();
    expect(world.model.requests[1]?.messages[1]).toMatchObject({
      content: `Using ${REMOVED} now.`,
    });
  });

  test('that may not hold a secret ends the turn, and what came before it stays', async () => {
    const world = makeWorld([SLOWLY], withOutput({ secrets: 'block' }));
    await world.run();
    expect(world.session.progress.end).toMatchObject({ kind: 'turn-failed', code: 'denied' });
    expect(world.session.shownText).toBe('The key is ');
    expect(world.session.audit.find(({ action }) => action === 'model-called')).toMatchObject({
      decision: 'denied',
      check: 'output',
      reason: 'secret_detected',
    });
    expect(JSON.stringify(world.session.batches)).not.toContain(TOKEN.slice(4, 20));
  });

  test('is only flagged where the policy says so', async () => {
    const world = makeWorld([SLOWLY], withOutput({ secrets: 'flag' }));
    await world.run();
    expect(world.session.shownText).toBe(SLOWLY.text.join(''));
  });

  test('that cannot be inspected is not shown', async () => {
    const text = ['x'.repeat(MAX_HELD_CHARS), 'x', ' y'];
    const world = makeWorld([{ text, pauseMs: 150 }]);
    await world.run();
    expect(world.session.progress.end).toMatchObject({ kind: 'turn-failed', code: 'denied' });
    expect(world.session.shownText).toBe('');
    const lenient = makeWorld([{ text, pauseMs: 150 }], withOutput({ uninspected: 'flag' }));
    await lenient.run();
    expect(lenient.session.shownText).toBe(text.join(''));
  });
});

describe("the workspace's own secrets", () => {
  const known = compileKnownValues([{ name: 'db-password', value: 'correct horse battery' }]);

  test('leave neither in a result nor in a reply, in whatever encoding', async () => {
    const encoded = Buffer.from('the password is correct horse battery').toString('base64');
    const world = makeWorld([
      { calls: [{ name: 'echo', args: { text: 'a' } }] },
      { text: ['It is correct ', 'horse bat', 'tery.'], pauseMs: 150 },
    ]);
    world.tier.run = () => outcome(encoded);
    world.known = known;
    await world.run();
    expect(world.model.requests[1]?.messages[2]).toMatchObject({
      content: '[removed by the gateway: known:db-password]',
    });
    expect(world.session.shownText).toBe('It is [removed by the gateway: known:db-password].');
    const result = world.session.audit.find(({ action }) => action === 'tool-result');
    expect(result).toMatchObject({ findings: ['known:db-password'] });
  });

  test('are those of the moment at which a result is looked at, and a reply begins', async () => {
    const world = makeWorld([
      { calls: [{ name: 'echo', args: { text: 'a' } }] },
      { text: ['It is correct ', 'horse battery.'], pauseMs: 150 },
    ]);
    world.tier.run = () => {
      world.known = known;
      return outcome('the password is correct horse battery');
    };
    await world.run();
    expect(world.model.requests[1]?.messages[2]).toMatchObject({
      content: 'the password is [removed by the gateway: known:db-password]',
    });
    expect(world.session.shownText).toBe('It is [removed by the gateway: known:db-password].');
  });
});
