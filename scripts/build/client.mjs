// What programs import: the client for `sallyport/client`, the narrowing of tokens for
// `sallyport/attenuate`, each as one file of JavaScript, and their types as declarations. Sources
// would be checked by the rules of whoever imports them.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { unlessFresh } from './unless-fresh.mjs';

const CLIENT = 'src/client/sallyport.ts';
const ATTENUATE = 'src/client/attenuate.ts';
const TYPES = 'build/types';

const OUTPUTS = [
  'build/client.js',
  'build/attenuate.js',
  `${TYPES}/client/sallyport.d.ts`,
  `${TYPES}/client/attenuate.d.ts`,
];

/** Types are checked by `npm run typecheck`; here they are only written down. */
const DECLARATIONS = [
  ...['--ignoreConfig', '--declaration', '--emitDeclarationOnly', '--noCheck'],
  ...['--allowImportingTsExtensions', '--strict', '--exactOptionalPropertyTypes'],
  ...['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,dom', '--types', ''],
  ...['--rootDir', 'src', '--outDir', TYPES],
];

export function buildClient() {
  const sources = ['src/client', 'src/core'];
  return unlessFresh('client', { sources, outputs: OUTPUTS }, () =>
    Promise.all([buildScripts(), writeTypes()]),
  );
}

function buildScripts() {
  return build({
    entryPoints: { client: CLIENT, attenuate: ATTENUATE },
    outdir: 'build',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    logLevel: 'warning',
  });
}

function writeTypes() {
  const compiler = 'node_modules/typescript/bin/tsc';
  const args = [compiler, ...DECLARATIONS, CLIENT, ATTENUATE];
  return promisify(execFile)(process.execPath, args).catch(({ stdout, message }) => {
    throw new Error(`Cannot write the types of the client: ${stdout || message}`);
  });
}
