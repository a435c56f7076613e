/**
 * Pages of a list whose order never changes under its reader: by name, each page after the last name
 * of the one before it.
 *
 * @module
 */

import { invalidParams } from './mcp-request.ts';

const PAGE_SIZE = 100;

/** Longest name that a cursor may hold, in characters of the cursor. */
const MAX_CURSOR_LENGTH = 1_024;

export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor?: string;
}

/** @throws ProtocolError for a cursor that no page has given. */
export function toPage<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  cursor: string | undefined,
): Page<Item> {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const rest = items
    .filter((item) => after === undefined || nameOf(item) > after)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const page = rest.slice(0, PAGE_SIZE);
  const last = page.at(-1);
  const isOver = last === undefined || rest.length <= PAGE_SIZE;
  return { items: page, ...(!isOver && { nextCursor: toCursor(nameOf(last)) }) };
}

function toCursor(name: string): string {
  return Buffer.from(`after:${name}`, 'utf8').toString('base64url');
}

function readCursor(cursor: string): string {
  const text = Buffer.from(cursor.slice(0, MAX_CURSOR_LENGTH), 'base64url').toString('utf8');
  const name = text.slice('after:'.length);
  if (toCursor(name) !== cursor) throw invalidParams('The cursor must be one of a page');
  return name;
}
