// The trusted half of a plugin's isolate: our modules as text, and the memory kernel.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { HARDENING_SOURCES, harden } from './harden.mjs';
import { unlessFresh } from './unless-fresh.mjs';
import { compileWat } from './wat.mjs';

const ISOLATE = 'src/tiers/wasm/isolate';

/** What is loaded as it is, and holds or imports all that it needs. */
const ENTRIES = {
  bare: `${ISOLATE}/bare-isolate.ts`,
  javascript: 'src/tiers/wasm/javascript/javascript-isolate.ts',
};

/** What other isolates are put together from, by name, and the files that each of them exports. */
const MODULES = {
  isolate: [
    ...['plugin-isolate', 'call-plugin', 'guest', 'guest-stop', 'kernel', 'run-log', 'host-of-run'],
    ...['extism-memory', 'assemblyscript-host'],
  ].map((name) => `${ISOLATE}/${name}.ts`),
  text: [`${ISOLATE}/extism-text.ts`],
  http: [`${ISOLATE}/guest-http.ts`],
  storage: [`${ISOLATE}/guest-storage.ts`],
  wasi: ['wasi-host', 'wasi-imports', 'wasi-memory'].map((name) => `${ISOLATE}/${name}.ts`),
  ambient: [`${ISOLATE}/wasi-ambient.ts`],
};

/** What the loader gives the isolate besides. */
const GIVEN = [
  ...['cloudflare:workers', './kernel.wasm', './plugin.wasm'],
  ...['./quickjs.wasm', './quickjs.image', './plugin.txt'],
];

const KERNEL = 'build/kernel.wasm';

const OUTPUT = 'build/isolate-modules.js';

const VERSION_DIGITS = 12;

export function buildKernel() {
  const source = `${ISOLATE}/kernel.wat`;
  const files = { sources: [source, ...HARDENING_SOURCES], outputs: [KERNEL] };
  return unlessFresh('kernel', files, async () => {
    writeFileSync(KERNEL, await harden('kernel', await compileWat(source)));
  });
}

/** To come behind the engine of JavaScript plugins, addresses in which are part of the text. */
export function buildIsolates() {
  const sources = ['src/tiers/wasm', 'src/blocks/storage', 'src/core', 'src/wasm-hardening'];
  return unlessFresh('plugin-isolates', { sources, outputs: [OUTPUT] }, async () => {
    const modules = Object.fromEntries(
      await Promise.all(
        [...Object.keys(ENTRIES), ...Object.keys(MODULES)].map(async (name) => [
          name,
          await bundle(name),
        ]),
      ),
    );
    const text = JSON.stringify(modules, null, 1);
    const version = createHash('sha256').update(text).update(readFileSync(KERNEL)).digest('hex');
    writeFileSync(
      OUTPUT,
      `// Made by scripts/build.mjs.
export const ISOLATE_VERSION = '${version.slice(0, VERSION_DIGITS)}';
export const ISOLATE_MODULES = ${text};
`,
    );
  });
}

async function bundle(name) {
  const { outputFiles, metafile } = await build({
    ...sourceOf(name),
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    target: 'es2024',
    external: GIVEN,
    plugins: name === 'bare' ? [] : [othersOutside(name)],
    // Fields that are only declared would be code, of which an isolate is to have little.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    logLevel: 'warning',
  });
  const [output] = Object.values(metafile.outputs);
  const imported = new Set(
    output.imports.map(({ path }) => path.slice('./'.length, -'.js'.length)),
  );
  const imports = [...imported].filter((other) => Object.hasOwn(MODULES, other));
  return { source: outputFiles[0].text, imports };
}

function sourceOf(name) {
  if (Object.hasOwn(ENTRIES, name)) return { entryPoints: [ENTRIES[name]] };
  const contents = MODULES[name].map((file) => `export * from './${file}';`).join('\n');
  return { stdin: { contents, resolveDir: process.cwd() } };
}

/** Takes what another module exports from there. */
function othersOutside(name) {
  const outside = new Map(
    Object.entries(MODULES).flatMap(([other, files]) =>
      other === name ? [] : files.map((file) => [resolve(file), `./${other}.js`]),
    ),
  );
  return {
    name: 'others-outside',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, resolveDir }) => {
        const other = outside.get(resolve(resolveDir, path));
        return other && { path: other, external: true };
      });
    },
  };
}
