/**
 * `http_request` of the Extism ABI: the plugin's Wasm stack sleeps while its lane decides, asks
 * and answers.
 *
 * A response that never came is status 0, with the reason in the header
 * `x-sallyport-unanswered`; a refusal ends the run.
 *
 * @module
 */

import { HOST_CALL_FUEL } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import { hostOf } from './host-of-run.ts';
import type { HostRun } from './host-run.ts';
import type { PluginAnswer, PluginHost, PluginRequest } from './plugin-protocol.ts';

/** Longest description of a request (URL, method, headers as JSON), in bytes. */
export const MAX_REQUEST_JSON_BYTES = 65_536;

/** Longest body of a request, in bytes. */
export const MAX_REQUEST_BODY_BYTES = 1_048_576;

const UNANSWERED_HEADER = 'x-sallyport-unanswered';
/** The URL that answered, after redirects. */
const URL_HEADER = 'x-sallyport-url';

/** Status 0 if nothing came back. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export function httpFunctions(run: HostRun): WebAssembly.ModuleImports {
  const { guest } = run;
  let last: HttpResponse = { status: 0, headers: {}, body: new Uint8Array(0) };
  let headers: Uint8Array | undefined;
  const request = async (description: bigint, body: bigint): Promise<bigint> => {
    guest.charge(HOST_CALL_FUEL);
    last = await askHttp(run, hostOf(run), readRequest(run, description, body));
    headers = undefined;
    return guest.writeBlock(last.body);
  };
  return {
    http_request: new WebAssembly.Suspending(request) as unknown as WebAssembly.ImportValue,
    http_status_code: () => {
      guest.charge(HOST_CALL_FUEL);
      return last.status;
    },
    http_headers: () => {
      guest.charge(HOST_CALL_FUEL);
      headers ??= new TextEncoder().encode(JSON.stringify(last.headers));
      guest.charge(headers.length >>> 3);
      return guest.writeBlock(headers);
    },
  };
}

/**
 * Asks the lane for one HTTP exchange.
 *
 * @throws GuestStop if it is refused, or the call is over.
 */
export async function askHttp(
  { guest, log }: HostRun,
  host: PluginHost,
  request: PluginRequest,
): Promise<HttpResponse> {
  guest.charge(request.body.length >>> 3);
  const answer = await guest.wait(host.http(request));
  if (answer.kind === 'ended') {
    if (answer.reason === 'host_denied') log.write('error', 'http_request was refused');
    throw new GuestStop(answer.reason);
  }
  if (answer.kind === 'unanswered')
    log.write('warn', `http_request got no answer: ${answer.reason}`);
  const response = toResponse(answer);
  guest.charge(response.body.length >>> 3);
  return response;
}

function toResponse(answer: Exclude<PluginAnswer, { readonly kind: 'ended' }>): HttpResponse {
  if (answer.kind === 'unanswered') {
    return { status: 0, headers: { [UNANSWERED_HEADER]: answer.reason }, body: new Uint8Array(0) };
  }
  const { status, headers, body, url } = answer;
  return { status, headers: { ...headers, [URL_HEADER]: url }, body };
}

function readRequest(run: HostRun, description: bigint, body: bigint): PluginRequest {
  const { guest } = run;
  const json = readAtMost(run, description, MAX_REQUEST_JSON_BYTES);
  guest.charge(json.length);
  const parsed = parseDescription(new TextDecoder().decode(json));
  if (parsed === undefined) {
    return refuse(
      run,
      'must be JSON with a text "url", "method" and "headers", "timeoutMs" up to 600000, and "follow" or "manual" as "redirect"',
    );
  }
  return { ...parsed, body: readAtMost(run, body, MAX_REQUEST_BODY_BYTES).slice() };
}

function readAtMost(run: HostRun, handle: bigint, maxBytes: number): Uint8Array {
  const bytes = run.guest.readBlock(handle);
  return bytes.length <= maxBytes ? bytes : refuse(run, `must have at most ${maxBytes} bytes`);
}

/** @throws GuestStop always: the plugin wrote no request. */
function refuse({ log }: HostRun, must: string): never {
  log.write('error', `Cannot make http_request: its argument ${must}`);
  throw new GuestStop('plugin_error');
}

/** Kits write what was left out as `null`. */
export function parseDescription(json: string): Omit<PluginRequest, 'body'> | undefined {
  const record = parseRecord(json);
  const url = record?.url;
  const method = record?.method ?? 'GET';
  const headers = record?.headers ?? {};
  const timeoutMs = record?.timeoutMs ?? undefined;
  const redirect = record?.redirect ?? 'follow';
  if (typeof url !== 'string' || typeof method !== 'string' || !isTextRecord(headers)) {
    return undefined;
  }
  if (timeoutMs !== undefined && !isTimeout(timeoutMs)) return undefined;
  if (redirect !== 'follow' && redirect !== 'manual') return undefined;
  return {
    ...{ url, method: method.toUpperCase(), headers },
    ...(timeoutMs && { timeoutMs }),
    ...(redirect === 'manual' && { redirect }),
  };
}

/** Longer than any call may take is as good as none. */
const MAX_TIMEOUT_MS = 600_000;

function isTimeout(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_TIMEOUT_MS;
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
