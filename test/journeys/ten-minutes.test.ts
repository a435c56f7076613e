/**
 * `docs/plugins/README.md`, followed literally: what the page tells to type is typed, for both
 * languages. Only where the clone and its gateway are is another, so that the clone stays clean.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const ROOT = join(import.meta.dirname, '../..');
const MINUTE_MS = 60_000;

let gateway: Gateway;
let folder: string;

beforeAll(async () => {
  gateway = await startGateway();
  folder = mkdtempSync(join(tmpdir(), 'sallyport-ten-minutes-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gateway?.dispose();
});

type Language = 'JavaScript' | 'AssemblyScript';

/** The blocks to be typed for a language: those that are for both, and those under its own name. */
function blocksFor(language: Language): readonly string[] {
  const page = readFileSync(join(ROOT, 'docs/plugins/README.md'), 'utf8');
  const found = [...page.matchAll(/^(.*)\n\n```sh\n([\s\S]*?)^```$/gm)].map(([, lead, block]) => ({
    lead: lead ?? '',
    block: block ?? '',
  }));
  const other = language === 'JavaScript' ? /AssemblyScript:$/ : /JavaScript:$/;
  return found
    .filter(({ lead, block }) => !other.test(lead) && block.trim() !== 'npm start')
    .map(({ block }) => block);
}

/** In one shell, as a person does. Answers what each block has printed. */
async function type(blocks: readonly string[], language: Language): Promise<readonly string[]> {
  const home = join(folder, language);
  const local = join(folder, `${language}.json`);
  writeFileSync(local, JSON.stringify({ url: gateway.url, token: gateway.token }, null, 2));
  const script = blocks
    .map((block) => `${block}\necho '=== end of block'`)
    .join('\n')
    .replaceAll('npx --no sallyport', `'${process.execPath}' '${ROOT}/bin/sallyport.mjs'`)
    .replaceAll('npm install', `ln -s '${ROOT}/node_modules' node_modules`)
    .replaceAll('http://127.0.0.1:8787', gateway.url)
    .replaceAll('.sallyport/local.json', local)
    .replaceAll(
      /\.\.\/hello\/plugin\.js {4}# or .*$/gm,
      language === 'JavaScript' ? '../hello/plugin.js' : '../hello/plugin.wasm',
    );
  const shell = spawn('bash', [], { env: { ...process.env, SALLYPORT_LOCAL_FILE: local } });
  let printed = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  shell.stdin.end(`exec 2>&1\nmkdir -p '${home}/clone' && cd '${home}/clone'\n${script}`);
  await once(shell, 'close');
  return printed.split('=== end of block\n').slice(0, -1);
}

describe.each(['JavaScript', 'AssemblyScript'] as const)('the page for %s', (language) => {
  afterEach(() => callApi(gateway).delete('/v1/plugins/hello'));

  test(
    'leads from nothing to a call on the record, and to a receipt that holds',
    async () => {
      const blocks = blocksFor(language);
      const printed = await type(blocks, language);
      const shown = (part: string) =>
        printed.filter((_, index) => blocks[index]?.includes(part)).join('\n');
      expect(printed).toHaveLength(blocks.length);
      expect(shown('plugin new')).toContain('Made ../hello/');
      expect(shown('plugin test')).toMatch(
        /3 passed, 0 failed\n[\s\S]*3 passed, 1 failed\n[\s\S]*4 passed, 0 failed\n/,
      );
      expect(shown('plugin install')).toContain('Installed hello 1.1.0');
      expect(shown('/turns')).toContain('Hello, Ada!');
      expect(shown('/v1/audit/verify')).toContain('"ok":true');
      expect(shown('/v1/audit?')).toContain('"plugin":"hello"');
      expect(shown('receipt verify')).toContain('The receipt holds');
    },
    3 * MINUTE_MS,
  );
});
