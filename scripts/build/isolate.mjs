// The trusted half of a plugin's isolate: the shims as text, and the memory kernel.

import { writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { HARDENING_SOURCES, harden } from './harden.mjs';
import { unlessFresh } from './unless-fresh.mjs';
import { compileWat } from './wat.mjs';

const ISOLATE = 'src/tiers/wasm/isolate';

/** By the kind of plugin. */
const SHIMS = {
  'build/bare-isolate.txt': `${ISOLATE}/bare-isolate.ts`,
  'build/plain-isolate.txt': `${ISOLATE}/plain-isolate.ts`,
  'build/plugin-isolate.txt': `${ISOLATE}/plugin-isolate.ts`,
  'build/javascript-isolate.txt': 'src/tiers/wasm/javascript/javascript-isolate.ts',
};

/** What the loader gives the isolate besides; not part of the text. */
const GIVEN = ['./kernel.wasm', './plugin.wasm', './quickjs.wasm', './plugin.txt'];

const KERNEL = 'build/kernel.wasm';

export function buildKernel() {
  const source = `${ISOLATE}/kernel.wat`;
  const files = { sources: [source, ...HARDENING_SOURCES], outputs: [KERNEL] };
  return unlessFresh('kernel', files, async () => {
    writeFileSync(KERNEL, await harden('kernel', await compileWat(source)));
  });
}

/** To come behind the prelude of JavaScript plugins, which is part of the text. */
export function buildIsolates() {
  const sources = ['src/tiers/wasm', 'src/blocks/storage', 'src/core', 'src/wasm-hardening'];
  const outputs = Object.keys(SHIMS);
  return unlessFresh('plugin-isolates', { sources, outputs }, () =>
    Promise.all(Object.entries(SHIMS).map(([outfile, entry]) => bundle(entry, outfile))),
  );
}

function bundle(entry, outfile) {
  return build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:workers', ...GIVEN],
    loader: { '.txt': 'text' },
    // Fields that are only declared would be code, of which an isolate is to have little.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    logLevel: 'warning',
  });
}
