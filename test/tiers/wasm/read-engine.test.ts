import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import quickJs from '../../../build/assets/quickjs.wasm';
import prelude from '../../../build/fixtures/javascript-prelude.txt?raw';
import { ENGINE_IMAGE } from '../../../build/javascript-engine.js';
import kernel from '../../../build/kernel.wasm';
import { sha256Hex } from '../../../src/blocks/kit/keys.ts';
import { Fault } from '../../../src/core/errors/fault.ts';
import { createQuietRun } from '../../../src/tiers/wasm/javascript/quiet-run.ts';
import { createEngineReader } from '../../../src/tiers/wasm/javascript/read-engine.ts';
import { startEngine } from '../../../src/tiers/wasm/javascript/start-engine.ts';
import type { Network, WasmTierBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';

const { ASSETS } = env as unknown as Required<WasmTierBindings>;

const answering = (body: BodyInit, status = 200) => ({
  fetch: async () => new Response(body, { status }),
});

const FILES = ['quickjs.wasm', 'quickjs.image'];

const read = async (name: string) =>
  new Uint8Array(await (await ASSETS.fetch(`https://a/${name}`)).arrayBuffer());

it.each(FILES)(
  '%s that is not the one of the build is refused, and the next try asks again',
  async (name) => {
    const readEngine = createEngineReader();
    const genuine = await read(name);
    const altered = genuine.slice();
    altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
    const others = [answering(altered), answering(genuine.subarray(1)), answering('', 404)];
    for (const other of others) {
      const assets = {
        fetch: (url: string) => (url.endsWith(name) ? other.fetch() : ASSETS.fetch(url)),
      };
      await expect(readEngine(assets as Network)).rejects.toThrow(Fault);
    }
    await expect(readEngine(undefined)).rejects.toThrow(Fault);
    const engine = await readEngine(ASSETS);
    expect(engine.image.byteLength + engine.module.length).toBeGreaterThan(genuine.length);
    expect(await readEngine(undefined)).toBe(engine);
  },
);

it('the image is what the engine comes to when it is started here', async () => {
  // Compiled by the platform before the tests: nothing is compiled from bytes at run time.
  const run = createQuietRun(kernel);
  const { image, prelude: installed } = startEngine({ module: quickJs, prelude }, run);
  expect(installed).toEqual(ENGINE_IMAGE.prelude);
  expect(image.start).toBe(ENGINE_IMAGE.start);
  expect(sha256Hex(image.bytes)).toBe(ENGINE_IMAGE.sha256);
});

it('the assets are not served to anybody', async () => {
  const { exports } = await import('cloudflare:workers');
  const worker = (exports as unknown as { default: Fetcher }).default;
  for (const name of FILES) {
    const response = await worker.fetch(`https://gateway.example/${name}`);
    expect(response.status).not.toBe(200);
    await response.body?.cancel();
  }
});
