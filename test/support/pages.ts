/** The pages of the project, and sources, as tests read them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

interface Page {
  readonly path: string;
  readonly text: string;
}

export const read = (path: string): Page => ({
  path,
  text: readFileSync(join(ROOT, path), 'utf8'),
});

export const inFolder = (folder: string, end: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end))
    .map((name) => read(join(folder, name)));

/** The cells of all rows of a page's tables whose first one is code. */
export const rowsOf = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

export const codeIn = (text: string) =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
