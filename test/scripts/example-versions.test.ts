/**
 * A version of an example is one plugin for good. A gateway that has it takes no other under the same
 * number, and says nothing of it; of one that runs on a machine, that machine then offers what nobody asks.
 */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAX_ARGUMENT_BYTES } from '../../src/core/checks/parse.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Of what a plugin is made of; its cases are not part of it. */
function digestOf(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
    for (const name of names) {
      const path = join(folder, name);
      if (name.startsWith('cases') || statSync(path).isDirectory()) continue;
      hash.update(`${name}\n`).update(readFileSync(path));
    }
  }
  return hash.digest('hex').slice(0, 12);
}

function exampleFolders(): readonly string[] {
  return ['worker-plugins', 'executor-plugins'].flatMap((place) =>
    readdirSync(join(ROOT, place))
      .sort()
      .map((name) => join(ROOT, place, name))
      .filter((folder) => existsSync(join(folder, 'plugin.json'))),
  );
}

const readManifest = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'plugin.json'), 'utf8'));

function examples(): readonly string[] {
  return exampleFolders().map((folder) => {
    const { name, version } = readManifest(folder);
    const isCompiled = existsSync(join(folder, 'assembly'));
    const sdk = isCompiled ? [join(ROOT, 'worker-plugins/sdk')] : [];
    return `${name} ${version} ${digestOf([folder, ...sdk])}`;
  });
}

// Raise the version of an example before you change its digest.
test('no tool of an example asks for more than the arguments of a call may hold', () => {
  const lengthsIn = (value: unknown): number[] =>
    Object.entries((value ?? {}) as object).flatMap(([name, inner]) =>
      name === 'maxLength' ? [inner] : typeof inner === 'object' ? lengthsIn(inner) : [],
    );
  const manifests = exampleFolders().map((folder) => readManifest(folder));
  const longest = manifests.map(({ name, tools }) => [name, Math.max(0, ...lengthsIn(tools))]);
  expect(longest.filter(([, length]) => length > MAX_ARGUMENT_BYTES)).toEqual([]);
});

test('an example that changes has another version', () => {
  expect(examples()).toEqual([
    'csv-query 1.0.0 e1a042bccd3a',
    'http-fetch 1.0.2 0213f717cf6b',
    'json-query 1.0.1 0028321033fc',
    'kv-notes 1.0.0 196c0f7a214d',
    'markdown-to-html 1.0.0 d7305ef63a65',
    'regex-extract 1.0.1 1a8633199383',
    'text-stats 1.0.1 a26e290d2c65',
    'exec-sandbox 1.0.2 3b4e60fd3b68',
    'file-tools 1.0.1 5420b2295c47',
    'mcp-everything 1.0.0 d346585ea04c',
    'web-fetch 1.0.0 d86305c9f777',
  ]);
});
