// The engine of JavaScript plugins:
//
//   assets/quickjs.wasm      QuickJS (`quickjs-wasi`), hardened
//   assets/quickjs.image     its memory once it has been started with our code inside (`guest/`)
//   fixtures/javascript-prelude.txt  that code, for the tests
//   javascript-engine.js     the name of engine and code, on which fuel and results depend, and what
//                            is to be known of both files, which are no part of the Worker

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';
import { HARDENING_SOURCES, harden } from './harden.mjs';
import { importBundled } from './import-bundled.mjs';
import { unlessFresh } from './unless-fresh.mjs';

const PACKAGE = 'quickjs-wasi';
const TIER = 'src/tiers/wasm';
const JAVASCRIPT = `${TIER}/javascript`;
const OUTPUTS = {
  module: 'build/assets/quickjs.wasm',
  image: 'build/assets/quickjs.image',
  prelude: 'build/fixtures/javascript-prelude.txt',
  engine: 'build/javascript-engine.js',
};

/**
 * An interpreter is charged for whole arms of its switch, of which each instruction of a plugin
 * runs a small part. So measured, a unit of fuel takes 0.1 to 2 ns, about what it takes in other modules.
 */
const UNITS_PER_FUEL = 16;

/** 64 MiB: the most that a manifest can ask for. What it does ask for is set at run time. */
const MEMORY_PAGES = 1_024;

/** All that the engine imports of its host, besides WASI. */
const HOST_FUNCTIONS = new Set([
  ...['host_call', 'host_module_normalize', 'host_module_load', 'host_get_timezone_offset'],
  ...['host_interrupt', 'host_promise_rejection'],
]);

const allowsImport = (module, name) =>
  module === 'wasi_snapshot_preview1' || (module === 'env' && HOST_FUNCTIONS.has(name));

export function buildQuickJs() {
  const sources = [JAVASCRIPT, `${TIER}/isolate`, 'src/plugin-review', ...HARDENING_SOURCES];
  const outputs = Object.values(OUTPUTS);
  return unlessFresh('quickjs', { sources, outputs }, async () => {
    const require = createRequire(import.meta.url);
    const upload = readFileSync(require.resolve(`${PACKAGE}/quickjs.wasm`));
    const { version } = require(`${PACKAGE}/package.json`);
    const rules = { unitsPerFuel: UNITS_PER_FUEL, allowsImport };
    const module = await harden(PACKAGE, upload, { memoryPages: MEMORY_PAGES, rules });
    const prelude = await bundlePrelude();
    const started = await start(module, prelude);
    const { bytes, start: from } = started.image;
    const name = `${PACKAGE}@${version}+${sha256(module, prelude).slice(0, 16)}`;
    const image = { sha256: sha256(bytes), start: from, prelude: started.prelude };
    writeFileSync(OUTPUTS.module, module);
    writeFileSync(OUTPUTS.image, bytes);
    writeFileSync(OUTPUTS.prelude, prelude);
    writeFileSync(OUTPUTS.engine, engineModule(name, { module: sha256(module), image }));
  });
}

async function bundlePrelude() {
  const bundle = await build({
    entryPoints: [`${JAVASCRIPT}/guest/prelude.ts`],
    bundle: true,
    write: false,
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'iife',
    globalName: 'prelude',
    target: 'es2024',
    logLevel: 'warning',
  });
  return `(()=>{${bundle.outputFiles[0].text};return prelude.install})()`;
}

/** As an isolate would, which is spared it: the same code makes the same memory everywhere. */
async function start(module, prelude) {
  const { createQuietRun, startEngine } = await importBundled(`
    export { createQuietRun } from './${JAVASCRIPT}/quiet-run.ts';
    export { startEngine } from './${JAVASCRIPT}/start-engine.ts';`);
  const kernel = await WebAssembly.compile(readFileSync('build/kernel.wasm'));
  const parts = { module: await WebAssembly.compile(module), prelude };
  return startEngine(parts, createQuietRun(kernel));
}

function sha256(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

function engineModule(name, { module, image }) {
  return `// Made by scripts/build.mjs.
export const JAVASCRIPT_ENGINE = ${JSON.stringify(name)};
export const QUICKJS_SHA256 = ${JSON.stringify(module)};
export const ENGINE_IMAGE = ${JSON.stringify(image)};
`;
}
