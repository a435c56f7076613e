/**
 * Reads a request's body within its limit and hands on only what a schema has parsed.
 *
 * @module
 */

import * as z from 'zod';
import { toPointerErrors } from '../core/errors/pointer-errors.ts';
import { parseJson } from '../core/primitives/parse-json.ts';
import { Refusal } from './refusal.ts';

/** Deepest JSON that any route takes. */
const MAX_DEPTH = 64;
/** How many times the allowed length is taken in and thrown away, to answer a client politely. */
const DISCARDED_TIMES = 4;

/** The whole body, refused if it is longer than `maxBytes`, whatever its headers say. */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('Content-Length') ?? 0);
  if (declared > maxBytes) {
    await discard(request.body, maxBytes);
    throw tooLarge(maxBytes);
  }
  if (request.body === null) return new Uint8Array();
  requirePlain(request.headers.get('Content-Encoding') ?? 'identity');
  try {
    // A declared length is the platform's to enforce; reading at once saves a stream of chunks.
    if (declared > 0) return new Uint8Array(await request.arrayBuffer());
    return await readChunks(request.body as ReadableStream<Uint8Array>, maxBytes);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // Its sender has hung up, or has written chunks that are none.
    throw new Refusal('bad_request', { detail: 'Cannot read body: it must come whole' });
  }
}

/** Unpacked it might be longer than anybody would read. */
function requirePlain(coding: string): void {
  if (coding.toLowerCase() === 'identity') return;
  throw new Refusal('unsupported_media_type', {
    detail: 'Cannot read body: it must come as it is, without a Content-Encoding',
  });
}

/** Without a declared length. What is too much is taken in as {@link discard} does it. */
async function readChunks(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length <= maxBytes) chunks.push(chunk);
    else if (length > maxBytes * (1 + DISCARDED_TIMES)) break;
    else chunks.length = 0;
  }
  if (length > maxBytes) throw tooLarge(maxBytes);
  return join(chunks, length);
}

/**
 * Takes in a body that nobody has read, so that a client that is still sending hears the answer.
 * Not for strangers: they lose the connection.
 */
export async function discardUnread(request: Request, maxBytes: number): Promise<void> {
  if (request.bodyUsed) return;
  // A client that gives up meanwhile needs no answer.
  await discard(request.body, maxBytes).catch(() => {});
}

/** JSON bytes as the schema's value. All errors are reported at once, by JSON pointer. */
export function readJson<T>(
  bytes: Uint8Array,
  contentType: string | null,
  schema: z.ZodType<T>,
): T {
  requireJson(contentType);
  return readValue(schema, parseText(bytes));
}

/**
 * Query parameters as the schema's value. A name that it knows and that is given twice is an error; of others
 * it judges by itself, so that a client's own may be lists.
 */
export function readQuery<T>(url: URL, schema: z.ZodType<T>): T {
  const names = [...url.searchParams.keys()];
  const twice = names.find((name, at) => names.indexOf(name) !== at && mayKnow(schema, name));
  if (twice !== undefined) {
    throw new Refusal('bad_request', { detail: 'Cannot read query: each name must be given once' });
  }
  const read = [...url.searchParams].map(([name, text]) => [
    name,
    toQueryValue(schema, name, text),
  ]);
  return readValue(schema, Object.fromEntries(read));
}

/** What stands where a whole number is wanted must be written as one: nothing is not zero. */
function toQueryValue(schema: z.ZodType, name: string, text: string): string | number {
  return wantsNumber(schema, name) && !/^-?\d+$/.test(text) ? Number.NaN : text;
}

function wantsNumber(schema: z.ZodType, name: string): boolean {
  if (!(schema instanceof z.ZodObject) || !Object.hasOwn(schema.shape, name)) return false;
  let wanted = schema.shape[name];
  while (wanted instanceof z.ZodOptional || wanted instanceof z.ZodDefault) {
    wanted = wanted.unwrap();
  }
  return wanted instanceof z.ZodNumber;
}

function mayKnow(schema: z.ZodType, name: string): boolean {
  return !(schema instanceof z.ZodObject) || Object.hasOwn(schema.shape, name);
}

function readValue<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Refusal('invalid_body', {
    detail: 'Cannot read request: it must match the schema',
    errors: toPointerErrors(parsed.error),
  });
}

function requireJson(contentType: string | null): void {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new Refusal('unsupported_media_type', {
      detail: 'Cannot read body: its content type must be "application/json"',
    });
  }
}

function parseText(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new Refusal('malformed_json', { detail: 'Cannot read body: it must be UTF-8' });
  }
  const parsed = parseJson(text, { maxBytes: bytes.length, maxDepth: MAX_DEPTH });
  if (parsed.ok) return parsed.value;
  const { reason, message } = parsed.error;
  throw new Refusal('malformed_json', {
    detail:
      reason === 'too_deep'
        ? `Cannot read body: it must be at most ${MAX_DEPTH} levels deep`
        : message,
  });
}

/**
 * Takes in what a client goes on sending: many read no answer before they have sent all. Only so
 * much more than was allowed; whoever sends still more loses the connection.
 */
async function discard(body: Request['body'], maxBytes: number): Promise<void> {
  let left = maxBytes * DISCARDED_TIMES;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    left -= chunk.length;
    if (left < 0) return;
  }
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal('payload_too_large', {
    detail: `Cannot read body: it must have at most ${maxBytes} bytes`,
  });
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
