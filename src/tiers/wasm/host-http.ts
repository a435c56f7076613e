/**
 * Sends a plugin's HTTP request, every hop of it only with leave.
 *
 * Redirects are followed here, by hand: each target is made canonical, its capability is asked of
 * the session anew, and a private address is reached only where policy exempts exactly that host
 * and port. A public name may still resolve to a private address; that is refused where names are
 * resolved, by the network that the request leaves through (see SECURITY.md for its limits).
 *
 * @module
 */

import { within } from '../../blocks/kit/within.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { RequestSecrets } from './call-secrets.ts';
import { type HeaderRecord, readRequestHeaders } from './http-headers.ts';
import { followRedirect, type HttpHop, isRedirect, resolveLocation } from './http-redirect.ts';
import { type HttpTarget, readTarget } from './http-target.ts';
import type {
  PluginAnswer,
  PluginFailure,
  PluginRequest,
  UnansweredReason,
} from './isolate/plugin-protocol.ts';
import { readBounded } from './read-bounded.ts';
import type { Network } from './wasm-tier-bindings.ts';

export const MAX_REDIRECTS = 5;

/** Longest body of a request or a response, in bytes; responses after decompression. */
export const MAX_BODY_BYTES = 1_048_576;

/** Longest names and values of all response headers together, in UTF-16 code units. */
const MAX_RESPONSE_HEADER_CHARS = 32_768;

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export interface HttpGate {
  /** Asks the session about one hop; `privateHost` says that the target is exempt by name. */
  authorize(target: HttpTarget): Promise<Result<{ readonly privateHost: boolean }, PluginFailure>>;
  readonly secrets: RequestSecrets;
  readonly publicNetwork: Network;
  readonly privateNetwork: Network | undefined;
  readonly signal: AbortSignal;
}

/** A request has the time of its call, or less where the plugin says so. */
export async function sendForPlugin(
  request: PluginRequest,
  ofCall: HttpGate,
): Promise<PluginAnswer> {
  const { timeoutMs } = request;
  if (timeoutMs === undefined) return await follow(request, ofCall);
  return await within(timeoutMs, (late) => {
    const signal = AbortSignal.any([ofCall.signal, late]);
    return follow(request, { ...ofCall, signal });
  });
}

async function follow(request: PluginRequest, gate: HttpGate): Promise<PluginAnswer> {
  const first = readHop(request);
  if ('kind' in first) return first;
  let hop = first;
  for (let redirects = 0; ; redirects++) {
    const isFirst = request.redirect === 'manual';
    const sent = await (isFirst ? sendOnce(hop, gate) : send(hop, gate));
    if ('kind' in sent) return sent;
    const location = !isFirst && isRedirect(sent.status) ? sent.headers.get('location') : null;
    if (location === null) return readResponse(sent, hop.target, gate);
    await sent.body?.cancel();
    if (redirects === MAX_REDIRECTS) return unanswered('too_many_redirects');
    const url = resolveLocation(location, hop.target);
    if (url === undefined) return unanswered('bad_redirect');
    const target = readTarget(url);
    if (target === undefined) return DENIED;
    hop = followRedirect(hop, sent.status, target);
  }
}

const DENIED: PluginAnswer = { kind: 'ended', reason: 'host_denied' };

function unanswered(reason: UnansweredReason): PluginAnswer {
  return { kind: 'unanswered', reason };
}

function readHop(request: PluginRequest): HttpHop | PluginAnswer {
  const { method, body } = request;
  if (!METHODS.has(method)) return unanswered('method_not_allowed');
  if (body.length > MAX_BODY_BYTES) return unanswered('request_too_large');
  if (body.length > 0 && (method === 'GET' || method === 'HEAD')) {
    return unanswered('body_not_allowed');
  }
  const headers = readRequestHeaders(request.headers);
  if (headers === undefined) return unanswered('header_not_allowed');
  const target = readTarget(request.url);
  return target === undefined ? DENIED : { target, method, headers, body };
}

/** What a token that was renewed meanwhile may change is tried once more. */
async function send(hop: HttpHop, gate: HttpGate): Promise<Response | PluginAnswer> {
  for (let isAgain = false; ; isAgain = true) {
    const sent = await sendOnce(hop, gate);
    const heard = 'kind' in sent ? undefined : await gate.secrets.hear(sent, hop.target);
    if ('kind' in sent || heard === undefined || (heard === 'again' && isAgain)) return sent;
    await sent.body?.cancel();
    if (heard !== 'again') return { kind: 'ended', reason: heard };
  }
}

async function sendOnce(hop: HttpHop, gate: HttpGate): Promise<Response | PluginAnswer> {
  const leave = await gate.authorize(hop.target);
  if (!leave.ok) return { kind: 'ended', reason: leave.error };
  const { privateHost } = leave.value;
  if (hop.target.isPrivate && !privateHost) return DENIED;
  const network = privateHost ? gate.privateNetwork : gate.publicNetwork;
  if (network === undefined) return DENIED;
  const headers = await gate.secrets.fill(hop.headers, hop.target);
  if (!headers.ok) return { kind: 'ended', reason: headers.error };
  try {
    return await network.fetch(hop.target.href, {
      method: hop.method,
      headers: headers.value,
      redirect: 'manual',
      // The platform's cache knows an answer by its address, whoever asked and with which secret.
      cache: 'no-store',
      signal: gate.signal,
      ...(hop.body.length > 0 && { body: hop.body }),
    });
  } catch {
    // A refused connection, an unknown name, and a name that resolves to a private address.
    return unanswered('unreachable');
  }
}

async function readResponse(
  response: Response,
  target: HttpTarget,
  { secrets }: Pick<HttpGate, 'secrets'>,
): Promise<PluginAnswer> {
  const headers = readHeaders(response.headers, secrets);
  const body = await readBounded(response.body, MAX_BODY_BYTES);
  if (body === 'failed') return unanswered('unreachable');
  if (headers === undefined || body === 'too-large') return unanswered('response_too_large');
  const shown = secrets.hideBytes(body);
  return { kind: 'response', status: response.status, headers, body: shown, url: target.href };
}

function readHeaders(headers: Headers, secrets: RequestSecrets): HeaderRecord | undefined {
  const record: Record<string, string> = {};
  let chars = 0;
  for (const [name, written] of headers) {
    const value = secrets.hideText(written);
    chars += name.length + value.length;
    record[name] = Object.hasOwn(record, name) ? `${record[name]}, ${value}` : value;
  }
  return chars > MAX_RESPONSE_HEADER_CHARS ? undefined : record;
}
