/**
 * File tools: read, list, search and write. What may be reached at all was decided before this
 * starts: nothing else is mounted, so nothing here is a wall.
 *
 * @module
 */

import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { json } from 'node:stream/consumers';
import { Minimatch } from 'minimatch';

/** Most files that a search names, and most lines that it quotes. */
const MAX_FOUND = 200;

/** Most files that a search looks at, and the longest that it looks into, in bytes. */
const MAX_SEEN = 20_000;
const MAX_SEARCHED_BYTES = 4_194_304;

/** Most characters of a line that are quoted. */
const MAX_LINE = 400;

interface Input {
  readonly tool: string;
  readonly arguments: {
    readonly path: string;
    readonly glob?: string;
    readonly text?: string;
    readonly content?: string;
  };
}

const TOOLS: Readonly<Record<string, (args: Input['arguments']) => string>> = {
  read: ({ path }) => readFileSync(path, 'utf8'),
  list: ({ path }) =>
    JSON.stringify(
      readdirSync(path)
        .sort()
        .map((name) => describe(path, name)),
    ),
  search: ({ path, glob = '**', text }) => JSON.stringify(search(path, glob, text)),
  write: ({ path, content = '' }) => {
    writeFileSync(path, content);
    return JSON.stringify({ path, bytes: Buffer.byteLength(content) });
  },
};

function describe(folder: string, name: string) {
  const facts = lstatSync(join(folder, name));
  const kind = facts.isDirectory() ? 'folder' : facts.isFile() ? 'file' : 'other';
  return { name, kind, ...(kind === 'file' && { bytes: facts.size }) };
}

interface Found {
  readonly path: string;
  readonly line?: number;
  readonly text?: string;
}

/** Links are not followed: they would lead to what is not there. */
function search(root: string, glob: string, text: string | undefined) {
  const matcher = new Minimatch(glob, { dot: true, nocomment: true, nonegate: true });
  const found: Found[] = [];
  let seen = 0;
  for (const path of walk(root)) {
    seen += 1;
    if (seen > MAX_SEEN || found.length >= MAX_FOUND) return { found, complete: false };
    if (!matcher.match(relative(root, path))) continue;
    if (text === undefined) found.push({ path });
    else found.push(...findLines(path, text).slice(0, MAX_FOUND - found.length));
  }
  return { found, complete: true };
}

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile()) yield path;
  }
}

function findLines(path: string, text: string): Found[] {
  if (lstatSync(path).size > MAX_SEARCHED_BYTES) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      line.includes(text) ? [{ path, line: index + 1, text: line.slice(0, MAX_LINE) }] : [],
    );
}

const { tool, arguments: args } = (await json(process.stdin)) as Input;
process.stdout.write(TOOLS[tool]?.(args) ?? '');
