/**
 * The few routes of a gateway that commands use.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { parseJson } from '../../core/primitives/parse-json.ts';
import { CommandFailure } from '../command-failure.ts';

/** Longer than any call may take. */
const TIMEOUT_MS = 90_000;
const MAX_ANSWER = { maxBytes: 16_777_216, maxDepth: 200 };

export interface GatewayAddress {
  readonly url: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  /** Empty if it was none. */
  readonly body: JsonObject;
}

/** Asks a gateway. @throws CommandFailure if it does not answer as a gateway does. */
export async function ask(
  gateway: GatewayAddress,
  request: string,
  body?: JsonValue | FormData,
): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ');
  const isForm = body instanceof FormData;
  const response = await fetch(gateway.url + path, {
    method,
    headers: {
      Authorization: `Bearer ${gateway.token}`,
      ...(body !== undefined && !isForm && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    // It would carry the token to wherever the answer says.
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: Error) => {
    throw CommandFailure.broken(`Cannot reach the gateway at ${gateway.url}: ${reasonOf(error)}`);
  });
  return { status: response.status, body: toBody(await readText(gateway, response)) };
}

/** For people: what the gateway said of a request that it refused. */
export function describeRefusal({ status, body }: Answer): string {
  const { code, detail, title } = body;
  const said = [code, detail ?? title].filter((part) => typeof part === 'string').join(': ');
  return `${status} ${said}`.trim();
}

/** What must hold, place by place. */
export function errorsOf({ body }: Answer): readonly string[] {
  const list = Array.isArray(body.errors) ? body.errors.filter(isJsonObject) : [];
  return list.map(({ pointer, detail }) => `${pointer} ${detail}`);
}

function reasonOf(error: Error): string {
  const cause = error.cause;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
}

/** However much is sent, and however slowly. */
async function readText(gateway: GatewayAddress, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > MAX_ANSWER.maxBytes) throw new Error('its answer is too long');
      chunks.push(chunk);
    }
  } catch (error) {
    const reason = error instanceof Error ? reasonOf(error) : String(error);
    throw CommandFailure.broken(`Cannot read from the gateway at ${gateway.url}: ${reason}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toBody(text: string): JsonObject {
  const parsed = parseJson(text, MAX_ANSWER);
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
}
