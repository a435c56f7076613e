// Hostile modules for the tests: from WAT, since the runtime of the tests compiles no text.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { HARDENING_SOURCES, harden } from './harden.mjs';
import { unlessFresh } from './unless-fresh.mjs';
import { compileWat } from './wat.mjs';

const SOURCES = 'test/tiers/fixtures';
const TARGET = 'build/fixtures';

/** `uploads.txt` holds all as uploaded (JSON, name → base64); `<name>.wasm` are the hardened ones. */
export async function buildFixtures() {
  if (!existsSync(SOURCES)) return;
  const names = readdirSync(SOURCES)
    .filter((file) => file.endsWith('.wat'))
    .map((file) => file.slice(0, -'.wat'.length));
  const outputs = [`${TARGET}/uploads.txt`, ...names.map((name) => `${TARGET}/${name}.wasm`)];
  await unlessFresh('fixtures', { sources: [SOURCES, ...HARDENING_SOURCES], outputs }, async () => {
    const uploads = {};
    for (const name of names) {
      const bytes = await compileWat(`${SOURCES}/${name}.wat`);
      uploads[name] = Buffer.from(bytes).toString('base64');
      writeFileSync(`${TARGET}/${name}.wasm`, await harden(name, bytes));
    }
    writeFileSync(`${TARGET}/uploads.txt`, JSON.stringify(uploads));
  });
}

/** The examples as the lane loads them, hardened (JSON, name → base64); to be built before. */
export function buildExampleFixtures() {
  const names = readdirSync('build/bundled').map((file) => file.slice(0, -'.wasm'.length));
  const outputs = [`${TARGET}/examples.txt`];
  return unlessFresh('example-fixtures', { sources: ['build/bundled'], outputs }, async () => {
    const read = (name) => readFileSync(`build/bundled/${name}.wasm`).toString('base64');
    const examples = Object.fromEntries(names.map((name) => [name, read(name)]));
    writeFileSync(`${TARGET}/examples.txt`, JSON.stringify(examples));
  });
}
