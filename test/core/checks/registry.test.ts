import { describe, expect, test } from 'vitest';
import { approveCall } from '../../../src/core/checks/approve-call.ts';
import type { PluginState } from '../../../src/core/manifest/plugin-state.ts';
import type { Authority } from '../../../src/core/policy/authority.ts';
import {
  makeAuthority,
  makeContext,
  makePlugin,
  makeTool,
  propose,
  TEXT_STATS,
} from './fixture.ts';

const NAMES = ['text-stats', 'read_file', 'http-fetch', 'modern-list', 'sql'];
const AUTHORITY = makeAuthority({
  plugins: [
    makePlugin(
      'all',
      NAMES.map((name) => makeTool(name)),
    ),
  ],
});

function reasonFor(name: string): string {
  const approved = approveCall(propose(name), makeContext({ authority: AUTHORITY }));
  return approved.ok ? 'approved' : `${approved.error.check}/${approved.error.reason}`;
}

function withState(state: PluginState): Authority {
  return makeAuthority({ plugins: [makePlugin('texts', [TEXT_STATS], { state })] });
}

function callStats(authority: Authority, newest?: Authority) {
  const context = makeContext(newest === undefined ? { authority } : { authority, newest });
  return approveCall(propose('text-stats', { text: 'a' }), context);
}

describe('check 3: registry', () => {
  test.each(NAMES)('knows %s by exactly this name', (name) => {
    expect(reasonFor(name)).toBe('approved');
  });

  test.each([
    ['another case', 'Text-Stats'],
    ['a Cyrillic letter', 'tеxt-stats'],
    ['a Greek letter', 'text-statѕ'],
    ['full-width letters', 'ｔｅｘｔ-stats'],
    ['a mathematical letter', '𝐭ext-stats'],
    ['a zero-width space', 'text\u200b-stats'],
    ['a zero-width joiner at the end', 'text-stats\u200d'],
    ['a soft hyphen', 'te\u00adxt-stats'],
    ['a tag character', 'text-stats\u{e0041}'],
    ['a mark of direction', '\u200etext-stats'],
    ['an accent', 'téxt-stats'],
    ['another separator', 'text_stats'],
    ['no-break space', 'text\u00a0stats'],
    ['a Unicode dash', 'text–stats'],
    ['a space at the end', 'text-stats '],
    ['a digit one', 'modern-1ist'],
    ['a capital I', 'modern-Iist'],
    ['rn for m', 'rnodern-list'],
    ['a digit five', '5ql'],
    ['hyphen for underscore', 'read-file'],
    ['a dotted capital', 'modern-lİst'],
  ])('takes a look-alike by %s for none of them', (_, name) => {
    expect(reasonFor(name)).toBe('registry/lookalike_name');
  });

  test.each(['nobody', 'text', 'stats', 'text-stats-2', 'textstats', '__proto__', 'constructor'])(
    'knows no tool %j',
    (name) => {
      expect(reasonFor(name)).toBe('registry/unknown_tool');
    },
  );

  test.each([
    'discovered',
    'validated',
    'loading',
    'stopped',
    'failed',
    'draining',
    'quarantined',
  ] as const)('refuses a tool of a plugin that is %s', (state) => {
    expect(callStats(withState(state))).toMatchObject({
      error: { check: 'registry', reason: 'plugin_not_running' },
    });
  });

  test('lets a turn go on with a plugin that began to drain after the turn started', () => {
    expect(callStats(withState('running'), withState('draining')).ok).toBe(true);
  });

  test('lets it go on with its own version beside a newer one, and with no other', () => {
    const [texts] = withState('draining').plugins;
    const newer = { ...texts!, version: '2.0.0', state: 'running' as const };
    const upgraded = makeAuthority({ plugins: [newer, texts!] });
    expect(callStats(withState('running'), upgraded).ok).toBe(true);
    for (const plugins of [[newer], [{ ...texts!, codeHash: 'f00d' }]]) {
      expect(callStats(withState('running'), makeAuthority({ plugins }))).toMatchObject({
        error: { check: 'registry', reason: 'plugin_not_running' },
      });
    }
  });

  test('gives a turn that begins during an upgrade the newer version', () => {
    const [texts] = withState('draining').plugins;
    const newer = { ...texts!, version: '2.0.0', state: 'running' as const };
    const approved = callStats(makeAuthority({ plugins: [texts!, newer] }));
    expect(approved).toMatchObject({ value: { call: { claims: { pluginVersion: '2.0.0' } } } });
  });

  test.each([
    ['stopped', withState('stopped')],
    ['quarantined', withState('quarantined')],
    ['failed', withState('failed')],
    ['deleted', makeAuthority({ plugins: [] })],
  ])('refuses a plugin that was %s since the turn started', (_, newest) => {
    expect(callStats(withState('running'), newest)).toMatchObject({
      error: { check: 'registry', reason: 'plugin_not_running' },
    });
  });

  test('refuses a tool that was installed after the turn started', () => {
    expect(callStats(makeAuthority({ plugins: [] }), withState('running'))).toMatchObject({
      error: { check: 'registry', reason: 'unknown_tool' },
    });
  });
});
