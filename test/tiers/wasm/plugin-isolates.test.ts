import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { randomHex } from '../../../src/blocks/kit/keys.ts';
import type { PluginHost } from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import {
  type HardenedCode,
  MAX_ISOLATES,
  PluginIsolates,
} from '../../../src/tiers/wasm/plugin-isolates.ts';
import type { PluginCodeName } from '../../../src/tiers/wasm/plugin-runner.ts';
import type { WasmTierBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';
import { hardened, job } from '../support/fixtures.ts';

const { LOADER } = env as unknown as Required<WasmTierBindings>;

const NO_HOST = {} as PluginHost;
const GOOD: HardenedCode = { hardened: hardened('hostile'), hardeningVersion: 1 };
const BROKEN: HardenedCode = {
  hardened: new Uint8Array([0, 97, 115, 109, 1]),
  hardeningVersion: 1,
};

function nameOf(changes: Partial<PluginCodeName> = {}): PluginCodeName {
  return { workspace: randomHex(4), plugin: 'p', codeHash: 'h', memoryPages: 256, ...changes };
}

/** Counts what is asked of the store and of the loader. */
function sceneOf(codes: (HardenedCode | undefined)[]) {
  const fetched: PluginCodeName[] = [];
  const loaded: (string | null)[] = [];
  const isolates = new PluginIsolates({
    loader: {
      get(id, code) {
        loaded.push(id);
        return LOADER.get(id, code);
      },
      load: (code) => LOADER.load(code),
    },
    fetchCode: async (name) => {
      fetched.push(name);
      return codes.length > 1 ? codes.shift() : codes[0];
    },
  });
  return { isolates, fetched, loaded };
}

describe('PluginIsolates', () => {
  test('loads code once and keeps it', async () => {
    const { isolates, fetched, loaded } = sceneOf([GOOD]);
    const name = nameOf();
    for (const input of ['1', '2']) {
      const runner = await isolates.open(name);
      expect(await runner?.run(job('echo', input), NO_HOST)).toMatchObject({ output: input });
    }
    expect(fetched).toEqual([name]);
    expect(loaded).toHaveLength(1);
  });

  test('names an isolate by workspace, plugin, code, memory and rules', async () => {
    const { isolates, loaded } = sceneOf([GOOD]);
    const base = nameOf();
    const others = [{}, { workspace: 'w' }, { plugin: 'q' }, { codeHash: 'i' }, { memoryPages: 9 }];
    for (const change of others) await isolates.open({ ...base, ...change });
    expect(new Set(loaded).size).toBe(others.length);
    expect(loaded[0]).toBe(`${base.workspace}:p:h:256:1#0`);
  });

  test('tries broken code under a second name, and then gives up', async () => {
    const { isolates, loaded } = sceneOf([BROKEN]);
    expect(await isolates.open(nameOf())).toBeUndefined();
    expect(new Set(loaded).size).toBe(2);
  });

  test('recovers from a name that was broken once', async () => {
    const { isolates } = sceneOf([BROKEN, GOOD]);
    const name = nameOf();
    expect(await isolates.open(name)).toBeUndefined();
    const runner = await isolates.open(name);
    expect(await runner?.run(job('echo', '1'), NO_HOST)).toMatchObject({ output: '1' });
  });

  test('does not run code that is unknown, or hardened by other rules', async () => {
    expect(await sceneOf([undefined]).isolates.open(nameOf())).toBeUndefined();
    const older = sceneOf([{ ...GOOD, hardeningVersion: 0 }]);
    expect(await older.isolates.open(nameOf())).toBeUndefined();
    expect(older.loaded).toEqual([]);
  });

  test('ends what was not used for longest, and loads it again when it is asked for', async () => {
    const { isolates, fetched } = sceneOf([GOOD]);
    const names = Array.from({ length: MAX_ISOLATES + 1 }, () => nameOf());
    for (const name of names) await isolates.open(name);
    const [first, second] = names;
    if (first === undefined || second === undefined) throw new Error('There are names');
    const runner = await isolates.open(first);
    expect(fetched).toHaveLength(names.length + 1);
    expect(await runner?.run(job('echo', '1'), NO_HOST)).toMatchObject({ output: '1' });
  });
});
