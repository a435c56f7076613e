/**
 * `http_request` of the Extism ABI: the plugin's Wasm stack sleeps while its lane decides, asks
 * and answers.
 *
 * A response that never came is status 0, with the reason in the header
 * `x-sallyport-unanswered`; a refusal ends the run.
 *
 * @module
 */

import { type Guest, HOST_CALL_FUEL } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import type { PluginAnswer, PluginHost, PluginRequest } from './plugin-protocol.ts';

/** Longest description of a request (URL, method, headers as JSON), in bytes. */
const MAX_REQUEST_JSON_BYTES = 65_536;

/** Longest body of a request, in bytes. */
const MAX_REQUEST_BODY_BYTES = 1_048_576;

const UNANSWERED_HEADER = 'x-sallyport-unanswered';
/** The URL that answered, after redirects. */
const URL_HEADER = 'x-sallyport-url';

interface LastResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
}

export function httpFunctions(guest: Guest, host: PluginHost): WebAssembly.ModuleImports {
  const last: LastResponse = { status: 0, headers: {} };
  const request = async (description: bigint, body: bigint): Promise<bigint> => {
    guest.charge(HOST_CALL_FUEL);
    const asked = readRequest(guest, description, body);
    const startedAt = Date.now();
    const answer = await host.http(asked).finally(() => {
      guest.suspendedMs += Date.now() - startedAt;
    });
    return deliver(guest, answer, last);
  };
  return {
    http_request: new WebAssembly.Suspending(request) as unknown as WebAssembly.ImportValue,
    http_status_code: () => last.status,
    http_headers: () => {
      guest.charge(HOST_CALL_FUEL);
      return guest.writeBlock(new TextEncoder().encode(JSON.stringify(last.headers)));
    },
  };
}

function deliver(guest: Guest, answer: PluginAnswer, last: LastResponse): bigint {
  if (answer.kind === 'ended') throw new GuestStop(answer.reason);
  if (answer.kind === 'unanswered') {
    last.status = 0;
    last.headers = { [UNANSWERED_HEADER]: answer.reason };
    return 0n;
  }
  last.status = answer.status;
  last.headers = { ...answer.headers, [URL_HEADER]: answer.url };
  guest.charge(answer.body.length >>> 3);
  return guest.writeBlock(answer.body);
}

/** @throws GuestStop `plugin_error` if the plugin wrote no request. */
function readRequest(guest: Guest, description: bigint, body: bigint): PluginRequest {
  const json = guest.readBlock(description);
  if (json.length > MAX_REQUEST_JSON_BYTES) throw new GuestStop('plugin_error');
  guest.charge(json.length);
  const bytes = guest.readBlock(body);
  if (bytes.length > MAX_REQUEST_BODY_BYTES) throw new GuestStop('plugin_error');
  guest.charge(bytes.length >>> 3);
  return { ...parseDescription(new TextDecoder().decode(json)), body: bytes.slice() };
}

function parseDescription(json: string): Omit<PluginRequest, 'body'> {
  const parsed = parseRecord(json);
  const { url, method = 'GET', headers = {} } = parsed ?? {};
  if (typeof url !== 'string' || typeof method !== 'string' || !isTextRecord(headers)) {
    throw new GuestStop('plugin_error');
  }
  return { url, method: method.toUpperCase(), headers };
}

function parseRecord(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isTextRecord(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((item) => typeof item === 'string');
}
