// Bundles the Worker for engines other than wrangler: one ES module, and the Wasm modules that
// it imports beside it.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { build } from 'esbuild';

/**
 * Returns miniflare's manifest, `{mainModule, modules: {name: {type, contents}}}`, and the paths
 * of all `files` that it was made from.
 */
export async function bundleWorker(entry = 'src/worker.ts', { minify = false } = {}) {
  /** @type {Record<string, {type: string, contents: string | Uint8Array}>} */
  const modules = {};
  const wasmFiles = [];
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser', 'import'],
    mainFields: ['browser', 'module', 'main'],
    external: ['cloudflare:*', 'node:*'],
    plugins: [collectWasm(modules, wasmFiles)],
    logLevel: 'warning',
  });
  modules['worker.js'] = { type: 'esm', contents: result.outputFiles[0].contents };
  const files = [...Object.keys(result.metafile.inputs), ...wasmFiles];
  return { mainModule: 'worker.js', modules, files };
}

/** Leaves `import module from './x.wasm'` in place and keeps the bytes for the manifest. */
function collectWasm(modules, files) {
  return {
    name: 'collect-wasm',
    setup({ onResolve }) {
      onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
        const file = resolve(resolveDir, path);
        const contents = readFileSync(file);
        const hash = createHash('sha256').update(contents).digest('hex').slice(0, 16);
        const name = `${hash}-${basename(path)}`;
        modules[name] = { type: 'wasm', contents };
        files.push(relative('', file));
        return { path: `./${name}`, external: true };
      });
    },
  };
}
