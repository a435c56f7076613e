// The example plugins: AssemblyScript to WebAssembly, JavaScript as it is, and for deployments
// without a Worker loader the hardened twins of the modules, as parts of the bundle.

import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { HARDENING_SOURCES, harden, hardeningVersion } from './harden.mjs';
import { unlessFresh } from './unless-fresh.mjs';

const SOURCES = 'worker-plugins';

export async function buildPlugins() {
  const names = readdirSync(SOURCES).filter((name) => existsSync(`${SOURCES}/${name}/plugin.json`));
  const isScript = (name) => existsSync(`${SOURCES}/${name}/plugin.js`);
  // One after the other: the compiler is slow to start and shares what it has warmed up.
  for (const name of names) await (isScript(name) ? copyScript(name) : buildModule(name));
  await bundleModules(names.filter((name) => !isScript(name)));
}

function copyScript(name) {
  const source = `${SOURCES}/${name}`;
  const files = ['plugin.json', 'plugin.js'];
  const outputs = files.map((file) => `build/plugins/${name}/${file}`);
  return unlessFresh(`plugin-${name}`, { sources: [source], outputs }, async () => {
    for (const file of files) copyFileSync(`${source}/${file}`, `build/plugins/${name}/${file}`);
  });
}

function buildModule(name) {
  const source = `${SOURCES}/${name}`;
  const target = `build/plugins/${name}`;
  const outputs = [`${target}/plugin.json`, `${target}/plugin.wasm`];
  const sources = [source, `${SOURCES}/sdk`].filter(existsSync);
  return unlessFresh(`plugin-${name}`, { sources, outputs }, async () => {
    await compile(`${source}/assembly/index.ts`, `${target}/plugin.wasm`);
    copyFileSync(`${source}/plugin.json`, `${target}/plugin.json`);
  });
}

/** Nothing is ever freed (`stub`): an instance serves one call. */
async function compile(source, target) {
  const { createMemoryStream, main } = await import('assemblyscript/asc');
  const options = ['--outFile', target, '--optimizeLevel', '3', '--runtime', 'stub'];
  const stderr = createMemoryStream();
  const { error } = await main([source, ...options], { stderr });
  if (error !== null) throw new Error(`Cannot compile ${source}:\n${stderr.toString()}`);
}

function bundleModules(names) {
  const sources = [...names.map((name) => `build/plugins/${name}`), ...HARDENING_SOURCES];
  const outputs = [
    'build/bundled-modules.js',
    ...names.map((name) => `build/bundled/${name}.wasm`),
  ];
  return unlessFresh('bundled', { sources, outputs }, async () => {
    const hashes = [];
    for (const name of names) hashes.push(await hardenInto(name));
    writeFileSync('build/bundled-modules.js', await bundledModules(names, hashes));
  });
}

/** Answers the hash of the module as anybody would upload it. */
async function hardenInto(name) {
  const bytes = readFileSync(`build/plugins/${name}/plugin.wasm`);
  const { limits } = JSON.parse(readFileSync(`build/plugins/${name}/plugin.json`, 'utf8'));
  writeFileSync(`build/bundled/${name}.wasm`, await harden(name, bytes, limits));
  return createHash('sha256').update(bytes).digest('hex');
}

async function bundledModules(names, hashes) {
  const imports = names.map((name, index) => `import m${index} from './bundled/${name}.wasm';`);
  const entries = hashes.map((hash, index) => `  ['${hash}', m${index}],`);
  return `// Made by scripts/build.mjs. The example plugins by the SHA-256 of their upload, hardened.
${imports.join('\n')}

export const HARDENING_VERSION = ${await hardeningVersion()};

export const MODULES = new Map([
${entries.join('\n')}
]);
`;
}
