// The engine of JavaScript plugins:
//
//   assets/quickjs.wasm      QuickJS (`quickjs-wasi`), hardened
//   javascript-prelude.txt   our code inside it, as a script that evaluates to its `install`
//   javascript-engine.js     the name of both together, on which fuel and results depend, and the
//                            hash of the first, which is no part of the Worker

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';
import { HARDENING_SOURCES, harden } from './harden.mjs';
import { unlessFresh } from './unless-fresh.mjs';

const PACKAGE = 'quickjs-wasi';
const PRELUDE = 'src/tiers/wasm/javascript/guest';
const OUTPUTS = {
  module: 'build/assets/quickjs.wasm',
  prelude: 'build/javascript-prelude.txt',
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
  const sources = [PRELUDE, ...HARDENING_SOURCES];
  const outputs = Object.values(OUTPUTS);
  return unlessFresh('quickjs', { sources, outputs }, async () => {
    const require = createRequire(import.meta.url);
    const upload = readFileSync(require.resolve(`${PACKAGE}/quickjs.wasm`));
    const { version } = require(`${PACKAGE}/package.json`);
    const rules = { unitsPerFuel: UNITS_PER_FUEL, allowsImport };
    const module = await harden(PACKAGE, upload, { memoryPages: MEMORY_PAGES, rules });
    const prelude = await bundlePrelude();
    const hash = createHash('sha256').update(module).update(prelude).digest('hex');
    const moduleHash = createHash('sha256').update(module).digest('hex');
    const name = `${PACKAGE}@${version}+${hash.slice(0, 16)}`;
    writeFileSync(OUTPUTS.module, module);
    writeFileSync(OUTPUTS.prelude, prelude);
    writeFileSync(OUTPUTS.engine, engineModule(name, moduleHash));
  });
}

async function bundlePrelude() {
  const bundle = await build({
    entryPoints: [`${PRELUDE}/prelude.ts`],
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

function engineModule(name, moduleHash) {
  return `// Made by scripts/build.mjs.
export const JAVASCRIPT_ENGINE = ${JSON.stringify(name)};
export const QUICKJS_SHA256 = ${JSON.stringify(moduleHash)};
`;
}
