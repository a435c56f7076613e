import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { bundledWorker } from '../../scripts/bundled-worker.mjs';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from './support/run-script.ts';

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
  writeFileSync(join(folder, 'entry.ts'), "export { said } from './said.ts';\n");
  writeFileSync(join(folder, 'said.ts'), "export const said = 'the first';\n");
});

const kept = () => join(folder, 'kept/worker.bundle');

/** The code, as a gateway that is started now would run it. */
async function codeNow(): Promise<string> {
  const { mainModule, modules } = await bundledWorker(join(folder, 'entry.ts'), kept());
  return Buffer.from(modules[mainModule]?.contents ?? '').toString();
}

/** A source that was written a moment ago is bundled and not yet kept. */
const untilKept = () =>
  eventually(async () => {
    const code = await codeNow();
    expect(existsSync(kept())).toBe(true);
    return code;
  });

test('a bundle is kept, and taken as it is while nothing changes', async () => {
  const code = await untilKept();
  expect(code).toContain('the first');
  const bytes = readFileSync(kept());
  expect(await codeNow()).toBe(code);
  expect(readFileSync(kept()).equals(bytes)).toBe(true);
  expect(readdirSync(join(folder, 'kept'))).toEqual(['worker.bundle']);
});

test.each(['the second', 'the other'])(
  'what changes in any source is in the next bundle, also where it is as long as before: %s',
  async (text) => {
    await untilKept();
    writeFileSync(join(folder, 'said.ts'), `export const said = '${text}';\n`);
    expect(await codeNow()).toContain(text);
    expect(await untilKept()).toContain(text);
  },
);

test('a source that is gone makes it anew', async () => {
  await untilKept();
  rmSync(join(folder, 'said.ts'));
  writeFileSync(join(folder, 'entry.ts'), "export const said = 'alone';\n");
  expect(await codeNow()).toContain('alone');
});

test.each(['', 'no bundle'])('a kept file that holds %j is made anew', async (text) => {
  const code = await untilKept();
  writeFileSync(kept(), text);
  expect(await codeNow()).toBe(code);
});
