/**
 * The HTTP surface: accepts a request, authenticates, admits it to its route, and turns every
 * refusal and fault into a problem document.
 *
 * @module
 */

import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { randomHex, sha256Hex } from '../blocks/kit/keys.ts';
import { admit } from './admit.ts';
import { allowedMethods } from './allowed-methods.ts';
import { authenticate } from './authenticate.ts';
import type { GatewayBindings } from './bindings.ts';
import { ERROR_WRITERS } from './client-errors.ts';
import { readCredential } from './credential.ts';
import { type Problem, toErrorCode, toProblemResponse } from './error-response.ts';
import { handleOnce, readIdempotencyKey, SHOWN_ONCE } from './idempotency.ts';
import { countStranger } from './limit-strangers.ts';
import { logFault } from './log-fault.ts';
import { ACTING_HEADER } from './open-block.ts';
import { closingAtEnd, openStream, wantsStream } from './open-streams.ts';
import { isOwnHost } from './own-host.ts';
import { discardUnread, readBytes, readJson, readQuery } from './read-body.ts';
import { hearRefusedLogin } from './record-refused-login.ts';
import { redeemTicket, withoutTicket } from './redeem-ticket.ts';
import { Refusal } from './refusal.ts';
import {
  type Caller,
  MAX_JSON_BYTES,
  MAX_UPLOAD_BYTES,
  type Route,
  type RouteRequest,
  toMountPath,
} from './route.ts';
import { requireOwnOrigin, secureHeaders } from './secure-headers.ts';
import { useOf } from './use-of.ts';

type App = Hono<{ Bindings: GatewayBindings; Variables: { requestId: string } }>;
type AppContext = Context<{ Bindings: GatewayBindings; Variables: { requestId: string } }>;

const HOST_REFUSED = {
  code: 'host_refused',
  detail: 'Cannot accept the request: its Host must be one that the gateway answers to',
} as const;

const EMPTY_OBJECT = new TextEncoder().encode('{}');

export function createApp(routes: readonly Route[]): App {
  const app: App = new Hono();
  app.use(async (context, next) => {
    context.set('requestId', `req_${randomHex(16)}`);
    if (isOwnHost(context.req.raw, context.env.SALLYPORT_HOSTS)) await next();
    else context.res = toProblemResponse({ ...HOST_REFUSED, requestId: context.get('requestId') });
    secureHeaders(context.res.headers, context.get('requestId'));
    // Nobody reads the body of an answer to HEAD: who writes it is told, else a stream stays open for good.
    if (context.req.raw.method === 'HEAD') await context.res.body?.cancel();
  });
  for (const route of routes) {
    app.on(route.method, toMountPath(route.path), (context) => serve(route, context));
  }
  mountMethodRefusals(app, routes);
  app.notFound((context) =>
    toProblemResponse({ code: 'not_found', requestId: context.get('requestId') }),
  );
  app.onError((error, context) => toProblemResponse(problemOf(error, context.get('requestId'))));
  return app;
}

async function serve(route: Route, context: AppContext): Promise<Response> {
  const requestId = context.get('requestId');
  let caller: Caller | undefined;
  try {
    if (route.judgesOrigin !== true) requireOwnOrigin(context.req.raw);
    caller = await identify(route, context, requestId);
    await admit(route, caller, { env: context.env, requestId });
    requireNoBlock(route, context);
    const response = await answer(route, await readRequest(route, context, caller));
    response.headers.delete(SHOWN_ONCE);
    return response;
  } catch (error) {
    const problem = problemOf(error, requestId);
    if (caller !== undefined) await discardUnread(context.req.raw, MAX_UPLOAD_BYTES);
    const response = ERROR_WRITERS[route.errorShape ?? 'problem'](problem);
    challenge(route, context.req.raw, response);
    return response;
  }
}

async function answer(route: Route, request: RouteRequest<unknown, unknown>): Promise<Response> {
  if (!wantsStream(route, request)) return await handleOnce(route, request);
  const close = openStream(request.caller);
  try {
    return closingAtEnd(await handleOnce(route, request), close);
  } catch (error) {
    close();
    throw error;
  }
}

function challenge({ protectedResource }: Route, { url }: Request, { status, headers }: Response) {
  if (status !== 401 || protectedResource === undefined) return;
  const metadata = new URL(protectedResource, url);
  headers.set('WWW-Authenticate', `Bearer resource_metadata="${metadata}"`);
}

async function identify(
  route: Route,
  context: AppContext,
  requestId: string,
): Promise<Caller | undefined> {
  if (route.access === 'public') {
    if (route.provesItself !== true) countStranger(context.env, context.req.raw, Date.now());
    return undefined;
  }
  const credential = readCredential(context.req.raw, route);
  const use = useOf(context.env, context.req.raw, route);
  const caller = credential
    ? await authenticate(context.env, credential, { requestId, use })
    : await redeemTicket(context.env, context.req.raw, { takesTicket: route.takesTicket, use });
  if (caller) return requireTurn(caller, route);
  const { env, executionCtx: execution, req } = context;
  hearRefusedLogin({ env, execution, raw: req.raw, requestId });
  throw new Refusal('unauthenticated', {
    detail: 'Cannot authenticate: a live token must come as "Authorization: Bearer <token>"',
  });
}

/** Who has used a route too often waits. */
function requireTurn(caller: Caller, { operation }: Route): Caller {
  const { retryAfterMs = 0 } = caller;
  if (retryAfterMs === 0) return caller;
  const detail = `Cannot answer: requests for "${operation}" must be fewer`;
  throw new Refusal('rate_limited', { detail, retryAfterMs });
}

/** A block is named to act as it: its own routes do so by their path, and most others cannot. */
function requireNoBlock({ access, actingBlock, path }: Route, { req }: AppContext): void {
  const acting = req.header(ACTING_HEADER);
  if (acting === undefined || access === 'public' || actingBlock !== undefined) return;
  if (path.startsWith('/v1/blocks/{id}') && acting === req.param('id')) return;
  const detail = `Cannot act as a block: "${ACTING_HEADER}" must come with a request that takes it`;
  throw new Refusal('bad_request', { detail });
}

async function readRequest(
  route: Route,
  context: AppContext,
  caller: Caller | undefined,
): Promise<RouteRequest<unknown, unknown>> {
  const raw = context.req.raw;
  const key = route.idempotency === undefined ? undefined : readIdempotencyKey(raw);
  const maxBytes = route.maxBodyBytes ?? MAX_JSON_BYTES;
  const bytes = route.body === undefined ? undefined : await readBytes(raw, maxBytes);
  const body =
    route.body === undefined || bytes === undefined
      ? undefined
      : bytes.length === 0 && route.mayOmitBody
        ? readJson(EMPTY_OBJECT, 'application/json', route.body)
        : readJson(bytes, raw.headers.get('Content-Type'), route.body);
  return {
    env: context.env,
    execution: context.executionCtx,
    raw,
    requestId: context.get('requestId'),
    // Public routes never look at it, and `identify` has made sure of it for all others.
    caller: caller as Caller,
    params: context.req.param(),
    body,
    query: readParameters(route, raw.url),
    ...(key !== undefined && { idempotency: { key, bodyHash: hashOf(raw, route, bytes) } }),
  };
}

/**
 * What a key stands for. Where the answer is replayed, also whom the path names, and which block the
 * request acts as: the same words about another are another request. Sessions know that by themselves.
 */
function hashOf({ url, headers }: Request, { idempotency }: Route, bytes?: Uint8Array): string {
  if (bytes === undefined) return sha256Hex(url);
  const said = sha256Hex(bytes);
  if (idempotency !== 'replay') return said;
  const about = JSON.stringify([new URL(url).pathname, headers.get(ACTING_HEADER)]);
  return `${said}/${sha256Hex(about)}`;
}

/** None is passed over where none is known: a misspelt wish not to act is no wish to. */
const NO_PARAMETERS = z.strictObject({});

/** Only platforms, vendors' clients and monitors may put some of their own behind a route of theirs. */
function readParameters(route: Route, address: string): unknown {
  const { access, errorShape = 'problem', success, query } = route;
  const isOurs =
    access !== 'public' && errorShape === 'problem' && success.describes !== 'json-rpc';
  if (query === undefined && !isOurs) return undefined;
  return readQuery(withoutTicket(address, route), query ?? NO_PARAMETERS);
}

/** A known path with another method is 405 with `Allow`, not 404. */
function mountMethodRefusals(app: App, routes: readonly Route[]): void {
  for (const [path, allow] of allowedMethods(routes)) {
    app.all(toMountPath(path), (context) => {
      const response = toProblemResponse({
        code: 'method_not_allowed',
        requestId: context.get('requestId'),
      });
      response.headers.set('Allow', allow.join(', '));
      return response;
    });
  }
}

function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof Refusal)
    return { code: error.code as Problem['code'], requestId, ...error.facts };
  const code = toErrorCode(error);
  logFault(error, code, requestId);
  return { code, requestId };
}
