// Code of `src/` that the build itself runs.

import { build } from 'esbuild';

/**
 * Runs a module of these contents, whose imports are relative to the project's folder, and answers its
 * exports. It is bundled to plain JavaScript first, since not every supported Node runs TypeScript.
 */
export async function importBundled(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  const code = Buffer.from(outputFiles[0].text).toString('base64');
  return await import(`data:text/javascript;base64,${code}`);
}
