// The client as one file of JavaScript, for programs that import `sallyport/client`.

import { build } from 'esbuild';
import { unlessFresh } from './unless-fresh.mjs';

const OUTPUT = 'build/client.js';

export function buildClient() {
  const sources = ['src/client', 'src/core'];
  return unlessFresh('client', { sources, outputs: [OUTPUT] }, () =>
    build({
      entryPoints: ['src/client/sallyport.ts'],
      outfile: OUTPUT,
      bundle: true,
      format: 'esm',
      target: 'es2022',
      platform: 'neutral',
      logLevel: 'warning',
    }),
  );
}
