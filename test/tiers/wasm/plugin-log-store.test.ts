import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { randomHex } from '../../../src/blocks/kit/keys.ts';
import { compileKnownValues } from '../../../src/core/scan/known-values.ts';
import {
  LOG_RETENTION_MS,
  MAX_LOGS,
  MAX_LOGS_PER_PLUGIN,
  PluginLogStore,
} from '../../../src/tiers/wasm/plugin-log-store.ts';
import { redactLog } from '../../../src/tiers/wasm/redact-log.ts';
import type { WasmTierBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';

const NOW = Date.UTC(2026, 10, 1);

function inStore<T>(work: (store: PluginLogStore, state: DurableObjectState) => T): Promise<T> {
  const { WASM_LANES } = env as unknown as WasmTierBindings;
  const lanes = WASM_LANES as unknown as DurableObjectNamespace;
  return runInDurableObject(lanes.getByName(`logs-${randomHex(6)}`), (_, state) =>
    work(new PluginLogStore(state.storage.sql), state),
  );
}

function said(plugin: string, text: string) {
  return {
    claims: { callKey: `turn_x/0/${text}`, plugin, pluginVersion: '1.0.0', tool: 'tool' },
    outcome: 'ok',
    logged: { lines: [{ level: 'info', text }], dropped: 0 },
  } as const;
}

describe('PluginLogStore', () => {
  test('keeps the newest of each plugin, and not one more', () =>
    inStore((store) => {
      for (let n = 0; n <= MAX_LOGS_PER_PLUGIN; n++) store.keep(said('a', `${n}`), NOW + n);
      store.keep(said('b', 'other'), NOW);
      const texts = store.read('a', NOW).map(({ lines }) => lines[0]?.text);
      expect(texts).toHaveLength(MAX_LOGS_PER_PLUGIN);
      expect([texts[0], texts.at(-1)]).toEqual([`${MAX_LOGS_PER_PLUGIN}`, '1']);
      expect(store.read('b', NOW)).toHaveLength(1);
    }));

  test('keeps so many of all plugins together', () =>
    inStore((store, state) => {
      for (let n = 0; n < MAX_LOGS + 5; n++) store.keep(said(`p${n}`, 'x'), NOW);
      store.writeKept();
      const { rows } = state.storage.sql
        .exec<{ rows: number }>('SELECT count(*) AS rows FROM plugin_logs')
        .one();
      expect(rows).toBe(MAX_LOGS);
      expect(store.read('p4', NOW)).toEqual([]);
      expect(store.read('p5', NOW)).toHaveLength(1);
    }));

  test('keeps no value that the call has sent, however it is written', () =>
    inStore((store, state) => {
      const sent = compileKnownValues([{ name: 'api-key', value: 'wk-live-canary' }]);
      const written = Buffer.from('it is wk-live-canary').toString('base64');
      const lines = [{ level: 'info', text: `told: ${written}` }] as const;
      store.keep({ ...said('a', 'a call'), logged: { lines, dropped: 0 }, sent }, NOW);
      expect(store.read('a', NOW)[0]?.lines).toEqual([
        { level: 'info', text: 'told: [removed by the gateway: known:api-key]' },
      ]);
      const rows = state.storage.sql.exec('SELECT log FROM plugin_logs').toArray();
      expect(JSON.stringify(rows)).not.toContain(written.slice(0, 16));
    }));

  test('forgets what is old', () =>
    inStore((store, state) => {
      store.keep(said('a', 'old'), NOW);
      expect(store.read('a', NOW + LOG_RETENTION_MS - 1)).toHaveLength(1);
      expect(store.read('a', NOW + LOG_RETENTION_MS)).toEqual([]);
      store.keep(said('a', 'new'), NOW + 5);
      store.writeKept();
      expect(store.forgetExpired(NOW + LOG_RETENTION_MS)).toBe(NOW + 5 + LOG_RETENTION_MS);
      expect(store.forgetExpired(NOW + 5 + LOG_RETENTION_MS)).toBeUndefined();
      expect(state.storage.sql.exec('SELECT 1 FROM plugin_logs').toArray()).toEqual([]);
    }));
});

describe('redactLog()', () => {
  const key = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
  const redacted = (...texts: string[]) =>
    redactLog(texts.map((text) => ({ level: 'info' as const, text }))).map(({ text }) => text);

  test('takes out secrets, and leaves the rest of the line and the other lines', () => {
    const [first, second] = redacted(`a ${key} b`, 'plain');
    expect(first).toMatch(/^a \[removed by the gateway: secret:[^\]]+\] b$/);
    expect(second).toBe('plain');
  });

  test('takes out secrets that reach over several lines', () => {
    const pem = ['-----BEGIN PRIVATE KEY-----', 'MIIEvQ'.repeat(8), '-----END PRIVATE KEY-----'];
    const lines = redacted('before', ...pem, 'after');
    expect(lines).toHaveLength(5);
    expect(lines.join('\n')).not.toContain('MIIEvQ');
    expect([lines[0], lines[4]]).toEqual(['before', 'after']);
  });

  test('takes out what may be the beginning of a secret where a line was cut', () => {
    const known = compileKnownValues([{ name: 'api-key', value: 'wk-live-canary' }]);
    const shown = (text: string) => redactLog([{ level: 'info', text }], known)[0]?.text;
    expect(shown('it is wk-live-can [cut]')).toBe('it is  [cut]');
    expect(shown(`it is ${btoa('so wk-live-canary').slice(0, 14)} [cut]`)).toBe('it is  [cut]');
    expect(shown('it is wk-live-can')).toBe('it is wk-live-can');
    const lines = ['a wk-live-c [cut]', 'then', 'b wk-l [cut]', 'end'];
    const texts = redactLog(
      lines.map((text) => ({ level: 'info', text }) as const),
      known,
    );
    expect(texts.map(({ text }) => text)).toEqual(['a  [cut]', 'then', 'b  [cut]', 'end']);
  });

  test('shows nothing from where on a text could not be looked through', () => {
    let nested = 'an innocent text of some length, or not';
    for (let depth = 0; depth < 6; depth++) nested = btoa(nested);
    expect(redacted('before', `it is ${nested}`, 'after')).toEqual([
      'before',
      'it is [removed by the gateway: uninspected:too-deep]',
      '[removed by the gateway: uninspected:too-deep]',
    ]);
  });

  test('leaves the lines of a stack, without an end of its own', () => {
    expect(redacted('Error: no\n    at f (plugin.js:1:1)\n', 'a\r\nb\rc')).toEqual([
      'Error: no\n    at f (plugin.js:1:1)',
      'a\uFFFD\nb\uFFFDc',
    ]);
  });

  test('shows what a terminal would obey', () => {
    expect(redacted('a\u001b[31mred\u0007', 'bidi \u202e', 'tab\there')).toEqual([
      'a\uFFFD[31mred\uFFFD',
      'bidi \uFFFD',
      'tab here',
    ]);
  });
});
