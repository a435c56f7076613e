// The trusted half of a plugin's isolate: the shim as text, and the memory kernel.

import { writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { HARDENING_SOURCES, harden } from './harden.mjs';
import { unlessFresh } from './unless-fresh.mjs';
import { compileWat } from './wat.mjs';

const ISOLATE = 'src/tiers/wasm/isolate';
const SHIM = 'build/plugin-isolate.txt';
const KERNEL = 'build/kernel.wasm';

export function buildKernel() {
  const source = `${ISOLATE}/kernel.wat`;
  const files = { sources: [source, ...HARDENING_SOURCES], outputs: [KERNEL] };
  return unlessFresh('kernel', files, async () => {
    writeFileSync(KERNEL, await harden('kernel', await compileWat(source)));
  });
}

/** The loader gives the isolate `kernel.wasm` and `plugin.wasm`; they are not part of the text. */
export function buildIsolate() {
  const sources = ['src/tiers/wasm', 'src/core', 'src/wasm-hardening'];
  return unlessFresh('plugin-isolate', { sources, outputs: [SHIM] }, () =>
    build({
      entryPoints: [`${ISOLATE}/plugin-isolate.ts`],
      outfile: SHIM,
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2024',
      external: ['cloudflare:workers', './kernel.wasm', './plugin.wasm'],
      logLevel: 'warning',
    }),
  );
}
