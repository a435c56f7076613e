/**
 * Reads the front matter of a `SKILL.md`: the few forms of YAML that skills are written in, and
 * nothing else.
 *
 * A value is a text (plain, quoted, or a block after `|` or `>`), a list of texts (`- a` lines or
 * `[a, b]`), or one level of members. Anchors, tags, aliases and documents within documents are
 * refused: a reader that knows more than authors use is one more way to mean two things.
 *
 * @module
 */

import { err, ok, type Result } from '../primitives/result.ts';

export type FrontMatterValue = string | readonly string[] | Readonly<Record<string, string>>;

export interface FrontMatter {
  readonly fields: ReadonlyMap<string, FrontMatterValue>;
  /** The Markdown after it, without blank lines around it. */
  readonly body: string;
}

const FENCE = '---';
const FIELD = /^([A-Za-z][A-Za-z0-9_-]{0,63}):(?: +(.*))?$/;
const ITEM = /^ *- +(.+)$/;
const MEMBER = /^ +([A-Za-z][A-Za-z0-9_.-]{0,127}): +(.+)$/;

/** What begins a form that is not read here. */
const OTHER_FORMS = /^[&*!%@`?{}|>\]]/;

/** Or says in which line of the text the reader came to an end. */
export function readFrontMatter(text: string): Result<FrontMatter, string> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trimEnd() !== FENCE) return err(`must begin with a line "${FENCE}"`);
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === FENCE);
  if (end === -1) return err(`must end its front matter with a line "${FENCE}"`);
  const fields = readFields(lines.slice(1, end));
  if (!fields.ok) return fields;
  const body = lines
    .slice(end + 1)
    .join('\n')
    .trim();
  return ok({ fields: fields.value, body });
}

function readFields(lines: readonly string[]): Result<FrontMatter['fields'], string> {
  const fields = new Map<string, FrontMatterValue>();
  for (let at = 0; at < lines.length; ) {
    const line = (lines[at] ?? '').trimEnd();
    const place = `line ${at + 2}`;
    at += 1;
    if (isBlank(line)) continue;
    const [, name, inline = ''] = FIELD.exec(line) ?? [];
    if (name === undefined) return err(`must have "name: value" in ${place}`);
    if (fields.has(name)) return err(`must not have "${name}" twice`);
    const from = at;
    while (at < lines.length && /^(?: |- |$)/.test((lines[at] ?? '').trimEnd())) at += 1;
    const value = readValue(inline, lines.slice(from, at));
    if (value === undefined) return err(`must have a text, a list or members in ${place}`);
    fields.set(name, value);
  }
  return ok(fields);
}

function readValue(inline: string, nested: readonly string[]): FrontMatterValue | undefined {
  const block = /^([|>])[-+]?$/.exec(inline)?.[1];
  if (block !== undefined) return joinBlock(nested, block === '|' ? '\n' : ' ');
  const below = nested.filter((line) => !isBlank(line));
  if (inline === '') return readNested(below);
  if (inline.startsWith('[')) return below.length === 0 ? readFlowList(inline) : undefined;
  // A plain text goes on in the lines below it.
  const isPlain = !/^["']/.test(inline);
  if (below.length > 0 && !isPlain) return undefined;
  return readText([inline, ...below.map((line) => line.trim())].join(' '));
}

function joinBlock(lines: readonly string[], separator: string): string {
  const first = lines.find((line) => line.trim() !== '') ?? '';
  const indent = first.length - first.trimStart().length;
  return lines
    .map((line) => line.slice(indent).trimEnd())
    .join(separator)
    .trim();
}

function readNested(lines: readonly string[]): FrontMatterValue | undefined {
  if (lines.length === 0) return undefined;
  const items = lines.map((line) => ITEM.exec(line)?.[1]);
  if (items[0] !== undefined) return readTexts(items);
  const members: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const [, name, written = ''] = MEMBER.exec(line) ?? [];
    const value = readText(written);
    if (name === undefined || value === undefined || name in members) return undefined;
    members[name] = value;
  }
  return members;
}

/** Texts in it hold no comma, nor a quotation mark within. */
function readFlowList(written: string): readonly string[] | undefined {
  const inner = /^\[(.*)\]$/.exec(written)?.[1];
  if (inner === undefined) return undefined;
  return inner.trim() === '' ? [] : readTexts(inner.split(',').map((item) => item.trim()));
}

function readTexts(written: readonly (string | undefined)[]): readonly string[] | undefined {
  const texts = written.map((text) => (text === undefined ? undefined : readText(text)));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

function readText(written: string): string | undefined {
  const text = written.trim();
  if (text.startsWith('"')) return readDoubleQuoted(text);
  if (text.startsWith("'")) {
    const inner = /^'((?:[^']|'')*)'$/.exec(text)?.[1];
    return inner?.replaceAll("''", "'");
  }
  const plain = text.replace(/ #.*$/, '').trimEnd();
  return plain === '' || OTHER_FORMS.test(plain) || plain.includes(': ') ? undefined : plain;
}

/** The escapes that YAML has in common with JSON. */
function readDoubleQuoted(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function isBlank(line: string): boolean {
  return line.trim() === '' || line.trimStart().startsWith('#');
}
