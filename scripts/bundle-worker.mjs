// Bundles the Worker for engines other than wrangler: one ES module, and the Wasm modules that
// it imports beside it.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { build } from 'esbuild';

/** Returns miniflare's manifest: `{mainModule, modules: {name: {type, contents}}}`. */
export async function bundleWorker(entry = 'src/worker.ts', { minify = false } = {}) {
  /** @type {Record<string, {type: string, contents: string | Uint8Array}>} */
  const modules = {};
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser', 'import'],
    mainFields: ['browser', 'module', 'main'],
    external: ['cloudflare:*', 'node:*'],
    plugins: [collectWasm(modules)],
    logLevel: 'warning',
  });
  modules['worker.js'] = { type: 'esm', contents: result.outputFiles[0].text };
  return { mainModule: 'worker.js', modules };
}

/** Leaves `import module from './x.wasm'` in place and keeps the bytes for the manifest. */
function collectWasm(modules) {
  return {
    name: 'collect-wasm',
    setup({ onResolve }) {
      onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
        const contents = readFileSync(resolve(resolveDir, path));
        const hash = createHash('sha256').update(contents).digest('hex').slice(0, 16);
        const name = `${hash}-${basename(path)}`;
        modules[name] = { type: 'wasm', contents };
        return { path: `./${name}`, external: true };
      });
    },
  };
}
