// The example plugins of the executor, each as a folder that can be handed to one: its program
// bundled, or packages of npm copied as they are, and the hash of both in its manifest.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { importBundled } from './import-bundled.mjs';
import { unlessFresh } from './unless-fresh.mjs';

const SOURCES = 'executor-plugins';
const TARGET = 'build/executor-plugins';

export async function buildExecutorPlugins() {
  const names = readdirSync(SOURCES).filter((name) => existsSync(`${SOURCES}/${name}/plugin.json`));
  const { hashFiles } = await loadHash();
  await Promise.all(names.map((name) => buildPlugin(name, hashFiles)));
}

function buildPlugin(name, hashFiles) {
  const source = `${SOURCES}/${name}`;
  const target = `${TARGET}/${name}`;
  const outputs = [`${target}/plugin.json`];
  const sources = [source, 'src/executor/files-hash.ts'];
  return unlessFresh(`executor-plugin-${name}`, { sources, outputs }, async () => {
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    if (existsSync(`${source}/main.ts`)) await bundle(`${source}/main.ts`, `${target}/main.mjs`);
    if (existsSync(`${source}/packages.json`)) copyPackages(`${source}/packages.json`, target);
    const manifest = JSON.parse(readFileSync(`${source}/plugin.json`, 'utf8'));
    const files = hashFiles(target);
    if (!files.ok) throw new Error(`Cannot build ${name}: ${files.error}`);
    const { sha256, count } = files.value;
    if (count > 0) manifest[manifest.tier].filesSha256 = sha256;
    writeFileSync(`${target}/plugin.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  });
}

function bundle(entry, outfile) {
  return build({
    ...{ entryPoints: [entry], outfile, bundle: true },
    ...{ format: 'esm', platform: 'node', target: 'node24', logLevel: 'warning' },
  });
}

/** The packages with all that they depend on, byte for byte, in the layout that npm gave them. */
function copyPackages(list, target) {
  const waiting = JSON.parse(readFileSync(list, 'utf8')).map((name) => findPackage(name, '.'));
  const copied = new Set();
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (copied.has(folder)) continue;
    copied.add(folder);
    // Packages inside of it are found by themselves, as far as they are needed.
    const filter = (path) => !relative(folder, path).split('/').includes('node_modules');
    cpSync(folder, join(target, folder), { recursive: true, dereference: true, filter });
    const { dependencies = {} } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    waiting.push(...Object.keys(dependencies).map((name) => findPackage(name, folder)));
  }
}

/** As Node looks for it from there. */
function findPackage(name, from) {
  for (let place = from; ; place = dirname(place)) {
    const found = join(place, 'node_modules', name);
    if (existsSync(`${found}/package.json`)) return found;
    if (place === '.') throw new Error(`Cannot build: package "${name}" must be installed`);
  }
}

export function loadHash() {
  return importBundled("export * from './src/executor/files-hash.ts';");
}
