/** The storage functions as a plugin sees them, by both ways of running one. */

import { describe, expect, test } from 'vitest';
import type { StorageRequest } from '../../../src/blocks/storage/storage-api.ts';
import type { WasmLimits } from '../../../src/core/manifest/wasm-limits.ts';
import { BundledPlugins } from '../../../src/tiers/wasm/bundled-plugins.ts';
import type { StorageReply } from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import type { PluginRunners } from '../../../src/tiers/wasm/plugin-runner.ts';
import { hostFunctionType } from '../../../src/wasm-hardening/host-functions.ts';
import { FIXTURE_MODULES, type FixtureName, hardened, job } from '../support/fixtures.ts';
import { openIsolates } from '../support/isolates.ts';
import { ScriptedHost } from '../support/scripted-host.ts';

const WAYS: Readonly<Record<string, PluginRunners>> = {
  loader: openIsolates({ fetchCode: async ({ codeHash }) => hardened(codeHash as FixtureName) }),
  bundle: new BundledPlugins(FIXTURE_MODULES),
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const DONE: StorageReply = { kind: 'done' };

interface Run {
  readonly input?: string;
  readonly limits?: Partial<WasmLimits>;
  readonly reply?: StorageReply;
}

describe.each(Object.keys(WAYS))('storage by the %s', (way) => {
  const run = async (entry: string, { input = 'key', limits, reply = DONE }: Run = {}) => {
    const host = new ScriptedHost(undefined, () => reply);
    const runner = await WAYS[way]?.open({
      ...{ workspace: 'acme', plugin: 'storage', codeHash: 'storage', memoryPages: 256 },
    });
    if (runner === undefined) throw new Error('Cannot open the fixture');
    return { ...(await runner.run(job(entry, input, limits), host)), asked: host.stored };
  };

  test.each<[string, StorageRequest]>([
    ['get', { kind: 'get', key: bytes('key') }],
    ['set', { kind: 'set', key: bytes('key'), value: bytes('key') }],
    ['add', { kind: 'add', key: bytes('key'), value: bytes('key') }],
    ['delete', { kind: 'delete', key: bytes('key') }],
    ['list', { kind: 'list', prefix: bytes('key'), after: bytes(''), limit: 100 }],
  ])('asks for what %s was given', async (entry, request) => {
    const { asked, output } = await run(entry);
    expect(asked).toEqual([request]);
    expect(output).toBe('0');
  });

  test('shows a value, and 0 where there is none', async () => {
    const value = bytes('héllo');
    expect(await run('get', { reply: { kind: 'value', value } })).toMatchObject({
      output: 'héllo',
    });
    expect(await run('get', { reply: { kind: 'value', value: undefined } })).toMatchObject({
      output: '0',
    });
  });

  test('shows a list as frames, and 0 where it is empty', async () => {
    const entries = [
      { key: bytes('a'), value: bytes('one') },
      { key: bytes('bc'), value: bytes('x') },
    ];
    const { output } = await run('list', { reply: { kind: 'entries', entries } });
    expect(output).toBe('\x01\0\0\0a\x03\0\0\0one\x02\0\0\0bc\x01\0\0\0x');
    expect(await run('list', { reply: { kind: 'entries', entries: [] } })).toMatchObject({
      output: '0',
    });
  });

  test.each([
    ['key_invalid', '1'],
    ['value_invalid', '2'],
    ['limit_invalid', '3'],
    ['storage_full', '4'],
    ['too_many_keys', '5'],
    ['key_exists', '6'],
  ] as const)('tells the plugin of %s by its number', async (reason, output) => {
    expect(await run('set', { reply: { kind: 'refused', reason } })).toMatchObject({
      end: 'ok',
      output,
    });
  });

  test.each([
    ['get', '', '1'],
    ['get', 'k'.repeat(513), '1'],
    ['set', '', '1'],
    ['delete', 'k'.repeat(513), '1'],
    ['list', 'k'.repeat(513), '1'],
    ['set_too_long', 'key', '2'],
    ['list_none', 'key', '3'],
    ['list_endless', 'key', '3'],
    ['forged', 'key', '1'],
  ])('refuses %s of %j without asking', async (entry, input, output) => {
    expect(await run(entry, { input })).toMatchObject({ end: 'ok', output, asked: [] });
  });

  test('hands on the longest key and the longest value', async () => {
    const { asked } = await run('get', { input: 'k'.repeat(512) });
    expect(asked).toHaveLength(1);
    const [request] = (await run('set_longest')).asked;
    expect(request?.kind === 'set' && request.value.length).toBe(65_536);
  });

  // Thousands of requests: were each to copy its 30 MiB, this would take a minute.
  test('copies no more of a key than shows that it is too long', async () => {
    expect(await run('flood_long')).toMatchObject({ end: 'fuel', asked: [] });
  });

  test.each(['host_denied', 'cancelled', 'timeout'] as const)('ends with %s', async (reason) => {
    const report = await run('flood', { reply: { kind: 'ended', reason } });
    expect(report).toMatchObject({ end: reason, output: '' });
    expect(report.asked).toHaveLength(1);
  });

  test('takes fuel for what was asked, refused or given', async () => {
    const limits = { fuel: 100_000 };
    expect(await run('flood_invalid', { limits })).toMatchObject({ end: 'fuel', asked: [] });
    const flood = await run('flood', { limits });
    expect(flood.end).toBe('fuel');
    expect(flood.asked.length).toBeLessThan(50);
    const small = await run('get', { reply: { kind: 'value', value: new Uint8Array(8) } });
    const large = await run('get', { reply: { kind: 'value', value: new Uint8Array(65_536) } });
    expect(large.fuel - small.fuel).toBeGreaterThan(8_000);
  });
});

test('every storage function may be imported, and no other of that namespace', () => {
  for (const name of ['kv_get', 'kv_set', 'kv_add', 'kv_delete', 'kv_list']) {
    expect(hostFunctionType('extism:host/user', name)).toBeDefined();
  }
  expect(hostFunctionType('extism:host/user', 'kv_clear')).toBeUndefined();
});
