import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import type { WasmTierBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';

const { ASSETS } = env as unknown as Required<WasmTierBindings>;

const answering = (body: BodyInit, status = 200) => ({
  fetch: async () => new Response(body, { status }),
});

it('an engine that is not the one of the build is refused, and the next try asks again', async () => {
  // Another file may have read it already, and it is read once.
  vi.resetModules();
  const { Fault } = await import('../../../src/core/errors/fault.ts');
  const { readQuickJs } = await import('../../../src/tiers/wasm/javascript/read-quickjs.ts');
  const genuine = new Uint8Array(
    await (await ASSETS.fetch('https://a/quickjs.wasm')).arrayBuffer(),
  );
  const altered = genuine.slice();
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  const others = [
    answering(altered),
    answering(genuine.subarray(1)),
    answering('', 404),
    undefined,
  ];
  for (const assets of others) await expect(readQuickJs(assets)).rejects.toThrow(Fault);
  expect((await readQuickJs(ASSETS)).length).toBe(genuine.length);
  expect((await readQuickJs(undefined)).length).toBe(genuine.length);
});

it('the assets are not served to anybody', async () => {
  const { exports } = await import('cloudflare:workers');
  const worker = (exports as unknown as { default: Fetcher }).default;
  const response = await worker.fetch('https://gateway.example/quickjs.wasm');
  expect(response.status).not.toBe(200);
});
