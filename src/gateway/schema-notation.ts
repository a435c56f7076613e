/**
 * A JSON Schema as people read shapes: `{ input: text 1–100, stream?: boolean = false }`.
 *
 * For the page of the routes alone. It leaves out what has no short form; the schema itself is in the
 * OpenAPI document.
 *
 * @module
 */

export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Where a part stands: what it may refer to, how far it is indented, and what it is within. */
interface Place {
  readonly $defs: Readonly<Record<string, Schema>>;
  readonly indent: string;
  readonly within: readonly string[];
}

const STEP = '  ';

export function toNotation({ $defs = {}, ...schema }: Schema): string {
  return write(schema, { $defs, indent: '', within: [] });
}

function write(schema: Schema, place: Place): string {
  if (schema.$ref !== undefined) return writeRef(schema.$ref, place);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return join(either, ' | ', place);
  if (schema.allOf !== undefined) return join(schema.allOf, ' & ', place);
  if (schema.items !== undefined) return `${writeItems(schema.items, place)}${sizeOf(schema)}`;
  if (schema.type === 'object') return writeObject(schema, place);
  return `${nameOf(schema)}${sizeOf(schema)}${schema.pattern ? ` /${schema.pattern}/` : ''}`;
}

function nameOf({ type = 'anything' }: Schema): string {
  const names = typeof type === 'string' ? [type] : type;
  return names.map((name) => (name === 'string' ? 'text' : name)).join(' | ');
}

/** What is within itself is not written again. */
function writeRef(ref: string, place: Place): string {
  const name = ref.slice(ref.lastIndexOf('/') + 1);
  const part = place.$defs[name];
  if (part === undefined || place.within.includes(name)) return '…';
  return write(part, { ...place, within: [...place.within, name] });
}

function join(parts: readonly Schema[], by: string, place: Place): string {
  return [...new Set(parts.map((part) => write(part, place)))].join(by);
}

function writeItems(items: Schema, place: Place): string {
  const text = write(items, place);
  return items.type === 'object' || !text.includes(' ') ? `${text}[]` : `(${text})[]`;
}

function writeObject(schema: Schema, place: Place): string {
  const { properties = {}, required = [], additionalProperties: other } = schema;
  const inner = { ...place, indent: place.indent + STEP };
  const lines = Object.entries(properties).map(([name, part]) => {
    const preset = part.default === undefined ? '' : ` = ${JSON.stringify(part.default)}`;
    return `${name}${required.includes(name) ? '' : '?'}: ${write(part, inner)}${preset}`;
  });
  if (typeof other === 'object') {
    const rest = `[name]: ${write(other, inner)}`;
    if (lines.length === 0 && !rest.includes('\n')) return `{ ${rest} }`;
    lines.push(rest);
  }
  if (lines.length === 0) return '{}';
  return `{\n${lines.map((line) => `${inner.indent}${line}\n`).join('')}${place.indent}}`;
}

/** The bounds that are stated, both included. */
function sizeOf(schema: Schema): string {
  const least = schema.minimum ?? schema.minLength ?? schema.minItems;
  const most = schema.maximum ?? schema.maxLength ?? schema.maxItems;
  const isBounded = most !== undefined && most < Number.MAX_SAFE_INTEGER;
  if (isBounded) return ` ${least ?? 0}–${most}`;
  return least === undefined || least < 0 ? '' : ` ${least}–`;
}
