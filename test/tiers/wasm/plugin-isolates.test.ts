import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { ISOLATE_VERSION } from '../../../build/isolate-modules.js';
import { randomHex } from '../../../src/blocks/kit/keys.ts';
import { IsolateLoader } from '../../../src/tiers/wasm/isolate-loader.ts';
import {
  type IsolateSource,
  MAX_ISOLATES,
  MAX_KEPT_CODE_BYTES,
  TRY_AGAIN_MS,
} from '../../../src/tiers/wasm/plugin-isolates.ts';
import type { LaneHost, PluginCodeName } from '../../../src/tiers/wasm/plugin-runner.ts';
import type { WasmTierBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';
import { HARDENING_VERSION } from '../../../src/wasm-hardening/harden.ts';
import { hardened, job } from '../support/fixtures.ts';
import { memoryLedger, openIsolates } from '../support/isolates.ts';

const { ASSETS, LOADER } = env as unknown as Required<WasmTierBindings>;

const NO_HOST = { wasAsked: false } as LaneHost;
const GOOD = hardened('hostile');
const BROKEN = new Uint8Array([0, 97, 115, 109, 1]);

function nameOf(changes: Partial<PluginCodeName> = {}): PluginCodeName {
  return { workspace: randomHex(4), plugin: 'p', codeHash: 'h', memoryPages: 256, ...changes };
}

/** Counts what is asked of the store and of the loader, and what is alive in between. */
function sceneOf(codes: (Uint8Array | undefined)[], ledger = memoryLedger()) {
  const fetched: PluginCodeName[] = [];
  const loaded: string[] = [];
  const alive = new Set<string>();
  const clock = { now: 1_000_000 };
  const real = new IsolateLoader(LOADER, ASSETS);
  const noted = (note: (id: string) => void) => (id: string) => {
    note(id);
    loaded.push(id);
    alive.add(id);
  };
  const isolates = openIsolates({
    ledger,
    now: () => clock.now,
    loader: {
      begin: (name, code, note) => real.begin(name, code, noted(note)),
      load: (name, code, note) => real.load(name, code, noted(note)),
      end: async (id) => {
        await real.end(id);
        alive.delete(id);
      },
    },
    fetchCode: async (name) => {
      fetched.push(name);
      return codes.length > 1 ? codes.shift() : codes[0];
    },
  });
  return { isolates, fetched, loaded, alive, clock };
}

/** Ends are made one after the other, in the background. */
const settled = (scene: ReturnType<typeof sceneOf>) => scene.isolates.retire('nobody');

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

  test('names an isolate by workspace, plugin, code, memory, rules and what is loaded beside it', async () => {
    const { isolates, loaded } = sceneOf([GOOD]);
    const base = nameOf();
    const others = [{}, { workspace: 'w' }, { plugin: 'q' }, { codeHash: 'i' }, { memoryPages: 9 }];
    for (const change of others) await isolates.open({ ...base, ...change });
    expect(new Set(loaded).size).toBe(others.length);
    expect(loaded[0]).toMatch(
      new RegExp(`^${base.workspace}:p:h:256:${HARDENING_VERSION}:${ISOLATE_VERSION}:#0$`),
    );
  });

  test('tries broken code under other names, then gives up and keeps none', async () => {
    const scene = sceneOf([BROKEN]);
    const runner = await scene.isolates.open(nameOf());
    expect(await runner?.run(job('echo'), NO_HOST)).toMatchObject({ end: 'tier_unavailable' });
    expect(new Set(scene.loaded).size).toBe(3);
    await settled(scene);
    expect(scene.alive.size).toBe(0);
  });

  test('tries code that did not load again only after a while', async () => {
    const { isolates, fetched, clock } = sceneOf([BROKEN, BROKEN, GOOD]);
    const name = nameOf();
    await (await isolates.open(name))?.run(job('echo'), NO_HOST);
    clock.now += TRY_AGAIN_MS - 1;
    expect(await isolates.open(name)).toBeUndefined();
    expect(fetched).toHaveLength(2);
    clock.now += 1;
    const runner = await isolates.open(name);
    expect(await runner?.run(job('echo', '1'), NO_HOST)).toMatchObject({ output: '1' });
  });

  test('runs no code that there is not, and asks for it again', async () => {
    const { isolates, loaded, fetched } = sceneOf([undefined]);
    const name = nameOf();
    expect(await isolates.open(name)).toBeUndefined();
    expect(await isolates.open(name)).toBeUndefined();
    expect(loaded).toEqual([]);
    expect(fetched).toHaveLength(2);
  });
});

describe('an isolate that was only begun', () => {
  /** Begins isolates of which every run is lost; those that are loaded surely are as given. */
  function sceneOfLoss(surely: (id: string) => ReturnType<IsolateLoader['load']>) {
    const asked: string[] = [];
    const ledger = memoryLedger();
    const isolates = openIsolates({
      ledger,
      loader: {
        begin: async (name, _code, note) => {
          note(`${name}:begun`);
          const run = async () => {
            asked.push('begun');
            throw new Error('lost');
          };
          return { id: `${name}:begun`, run };
        },
        load: (name, _code, note) => {
          note(`${name}:loaded`);
          asked.push('loaded');
          return surely(`${name}:loaded`);
        },
        end: async (id) => void asked.push(`end of ${id.split(':').at(-1)}`),
      },
      fetchCode: async () => GOOD,
    });
    return { isolates, asked, ledger };
  }

  const lost = async () => {
    throw new Error('exceeded its memory limit');
  };

  test('gives way to one that is loaded surely, and the run is made there', async () => {
    const name = nameOf();
    const real = new IsolateLoader(LOADER, ASSETS);
    const { isolates, asked, ledger } = sceneOfLoss(async (id) => {
      const loaded = await real.load(randomHex(4), GOOD, () => undefined);
      return loaded && { ...loaded, id };
    });
    for (const input of ['1', '2']) {
      const runner = await isolates.open(name);
      expect(await runner?.run(job('echo', input), NO_HOST)).toMatchObject({ output: input });
    }
    await isolates.retire('nobody');
    expect(asked.toSorted()).toEqual(['begun', 'end of begun', 'loaded']);
    expect(ledger.all()).toHaveLength(1);
  });

  test('tells that the tier is not there if that one cannot be loaded either', async () => {
    const { isolates, asked } = sceneOfLoss(async () => undefined);
    const runner = await isolates.open(nameOf());
    expect(await runner?.run(job('echo'), NO_HOST)).toMatchObject({ end: 'tier_unavailable' });
    expect(asked.filter((what) => !what.startsWith('end'))).toEqual(['begun', 'loaded']);
  });

  test('is not tried twice once it has asked its host for something', async () => {
    const { isolates, asked } = sceneOfLoss(async (id) => ({ id, run: lost }));
    const runner = await isolates.open(nameOf());
    const host = { wasAsked: true } as LaneHost;
    expect(await runner?.run(job('echo'), host)).toMatchObject({ end: 'trap', fuel: 0 });
    expect(asked).toEqual(['begun']);
  });

  test('is not tried twice: what is lost in a sure one is lost', async () => {
    const { isolates, asked } = sceneOfLoss(async (id) => ({ id, run: lost }));
    const runner = await isolates.open(nameOf());
    expect(await runner?.run(job('echo'), NO_HOST)).toMatchObject({ end: 'memory', fuel: 0 });
    expect(asked.filter((what) => !what.startsWith('end'))).toEqual(['begun', 'loaded']);
  });
});

/** Begins what is never run. */
const loaderOfNothing = (hearEnd: (id: string) => void): IsolateSource['loader'] => ({
  async begin(name, _code, note) {
    note(name);
    return { id: name, run: () => Promise.reject(new Error('Nothing is run')) };
  },
  load: async () => undefined,
  end: async (id) => hearEnd(id),
});

describe('isolates do not pile up', () => {
  test('however many versions are loaded one after the other', async () => {
    const scene = sceneOf([GOOD]);
    const base = nameOf();
    let most = 0;
    for (let version = 0; version < MAX_ISOLATES + 8; version++) {
      const runner = await scene.isolates.open({ ...base, codeHash: `v${version}` });
      expect(await runner?.run(job('count'), NO_HOST)).toMatchObject({ output: '1' });
      await settled(scene);
      most = Math.max(most, scene.alive.size);
    }
    expect(most).toBe(MAX_ISOLATES);
  });

  test('and not their code either: the least recently used goes, but never the newest', async () => {
    const ended: string[] = [];
    const sizes = new Map([
      ['third', MAX_KEPT_CODE_BYTES / 4],
      ['too much', MAX_KEPT_CODE_BYTES + 1],
    ]);
    const isolates = openIsolates({
      loader: loaderOfNothing((id) => ended.push(id.split(':')[1] ?? '')),
      fetchCode: async ({ plugin }) =>
        new Uint8Array(sizes.get(plugin) ?? (MAX_KEPT_CODE_BYTES * 3) / 8),
    });
    const base = nameOf();
    const open = async (plugin: string) => {
      await isolates.open({ ...base, plugin });
      await isolates.retire('nobody');
      return ended.splice(0);
    };
    for (const plugin of ['first', 'second', 'third', 'first'])
      expect(await open(plugin)).toEqual([]);
    expect(await open('fourth')).toEqual(['second']);
    expect(await open('too much')).toEqual(['third', 'first', 'fourth']);
    expect(await open('first')).toEqual(['too much']);
  });

  test('when a lane has lost its memory of them', async () => {
    const ledger = memoryLedger();
    const base = nameOf();
    const alive: string[] = [];
    const ofEachLife = MAX_ISOLATES / 2 + 8;
    for (let life = 0; life < 3; life++) {
      const loader = loaderOfNothing(() => undefined);
      const isolates = openIsolates({ ledger, loader, fetchCode: async () => GOOD });
      for (let version = 0; version < ofEachLife; version++) {
        await isolates.open({ ...base, codeHash: `life${life}-v${version}` });
      }
      alive.push(String(ledger.all().length));
    }
    expect(alive).toEqual([String(ofEachLife), String(MAX_ISOLATES), String(MAX_ISOLATES)]);
  });

  test('and what was ended is loaded again when it is asked for', async () => {
    const { isolates, fetched } = sceneOf([GOOD]);
    const names = Array.from({ length: MAX_ISOLATES + 1 }, () => nameOf());
    for (const name of names) await isolates.open(name);
    const [first] = names;
    if (first === undefined) throw new Error('There are names');
    const runner = await isolates.open(first);
    expect(fetched).toHaveLength(names.length + 1);
    expect(await runner?.run(job('echo', '1'), NO_HOST)).toMatchObject({ output: '1' });
  });
});

describe('retire()', () => {
  test('gives up the isolates of a plugin, or of one code of it, and no others', async () => {
    const scene = sceneOf([GOOD]);
    const base = nameOf();
    for (const plugin of ['p', 'q']) {
      for (const codeHash of ['old', 'new'])
        await scene.isolates.open({ ...base, plugin, codeHash });
    }
    const left = () => [...scene.alive].map((id) => id.split(':').slice(1, 3).join(':')).sort();
    await scene.isolates.retire('p', 'old');
    expect(left()).toEqual(['p:new', 'q:new', 'q:old']);
    await scene.isolates.retire('q');
    expect(left()).toEqual(['p:new']);
  });

  test('lets a call that is inside run to its end', async () => {
    const { isolates } = sceneOf([hardened('network')]);
    const name = nameOf();
    const runner = await isolates.open(name);
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const host = {
      async http() {
        asked.resolve();
        await answer.promise;
        const body = new TextEncoder().encode('late');
        return { kind: 'response', status: 200, headers: {}, body, url: 'https://a.example/' };
      },
    } as unknown as LaneHost;
    const request = JSON.stringify({ url: 'https://a.example/' });
    const running = runner?.run(job('body', request), host);
    await asked.promise;
    await isolates.retire(name.plugin);
    answer.resolve();
    expect(await running).toMatchObject({ end: 'ok', output: 'late' });
  });

  test('reaches isolates that only an earlier life of the lane has loaded', async () => {
    const ledger = memoryLedger();
    const name = nameOf();
    await sceneOf([GOOD], ledger).isolates.open(name);
    const later = sceneOf([GOOD], ledger);
    await later.isolates.retire(name.plugin, name.codeHash);
    expect(ledger.all()).toEqual([]);
    const runner = await later.isolates.open(name);
    expect(await runner?.run(job('echo', '1'), NO_HOST)).toMatchObject({ output: '1' });
  });
});
