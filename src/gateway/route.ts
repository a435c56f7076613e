/**
 * A route is data: method, path, what it takes, and which capability it needs. The same value is
 * mounted, validated against and described in the OpenAPI document, so the three cannot differ,
 * and a route without a capability does not compile.
 *
 * @module
 */

import type * as z from 'zod';
import type { RouteCapability } from '../core/capabilities/catalogue.ts';
import type { Grant } from '../core/capabilities/grant.ts';
import type { Principal } from '../core/policy/principal.ts';
import type { GatewayBindings } from './bindings.ts';

/**
 * Who may use a route: everybody, whoever holds a capability, or every principal. The last is for
 * routes whose answer is decided in depth by the seven checks or filtered by the grants.
 */
export type RouteAccess = 'public' | 'any-principal' | RouteCapability;

/** Who asks, made from the credential alone. */
export interface Caller {
  readonly principal: Principal;
  readonly grants: readonly Grant[];
  readonly revision: number;
  /** As of an `Actor`. */
  readonly textEndsAt?: number;
  /** Above 0 where the caller has used this route too often; no route sees such a caller. */
  readonly retryAfterMs?: number;
}

/** One request after authentication, admission and validation. */
export interface RouteRequest<Body, Query> {
  readonly env: GatewayBindings;
  readonly execution: Pick<ExecutionContext, 'waitUntil'>;
  readonly raw: Request;
  readonly requestId: string;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  /** `Idempotency-Key`, with the hash of the body that came with it. */
  readonly idempotency?: { readonly key: string; readonly bodyHash: string };
}

/** `problem`: RFC 9457; or what the clients of that vendor or protocol understand. */
export type ErrorShape = 'problem' | 'openai' | 'anthropic' | 'json-rpc';

export interface RouteFacts<Access extends RouteAccess, Body, Query> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As OpenAPI writes it: `/v1/sessions/{id}`. */
  readonly path: string;
  /** `operationId`: a verb phrase in camel case. */
  readonly operation: string;
  readonly summary: string;
  readonly tag: string;
  readonly access: Access;
  readonly body?: z.ZodType<Body>;
  /** A request without a body is taken for an empty object. */
  readonly mayOmitBody?: boolean;
  readonly query?: z.ZodType<Query>;
  /** Largest body in bytes, of routes that take more than {@link MAX_JSON_BYTES}. */
  readonly maxBodyBytes?: number;
  /** What the body is when it is not JSON that `body` describes. */
  readonly bodyKind?: 'json' | 'multipart';
  readonly success: {
    readonly status: number;
    readonly describes:
      | z.ZodType
      | 'html'
      | 'stream'
      | 'lines'
      | 'websocket'
      | 'json-rpc'
      | 'platform';
    /**
     * What it may answer besides: events where they are asked for, the same with 202 while it has not
     * ended, and nothing with 204.
     */
    readonly also?: readonly ('stream' | 202 | 204)[];
  };
  /**
   * How `Idempotency-Key` is honoured: the stored answer is replayed (`replay`), or the route
   * hands the key on to the block that runs the work (`own`).
   */
  readonly idempotency?: 'replay' | 'own';
  /** How errors are written; as problem documents unless it is said. */
  readonly errorShape?: ErrorShape;
  /** The credential may come as `x-api-key`, as Anthropic's clients send it. */
  readonly takesApiKey?: boolean;
  /**
   * Of a public route whose callers bring a proof of their own: only those whose proof fails count as
   * strangers, and the route sees to that. Many come from the few addresses of one platform.
   */
  readonly provesItself?: true;
  /** A browser may come with a ticket in the URL: see `redeem-ticket.ts`. */
  readonly takesTicket?: boolean;
  /** Streams from after the event that `Last-Event-ID` names. */
  readonly resumes?: true;
  /**
   * What `Sallyport-Block` means here: the route acts as that block, or judges such a request by itself.
   * Anywhere else it is refused, so that nobody acts with more than the block that he names.
   */
  readonly actingBlock?: 'acts' | 'judged';
  /** The route itself decides which pages may ask: those of other origins come to it. */
  readonly judgesOrigin?: boolean;
  /** Path of what OAuth clients are told (RFC 9728) when they come without a credential. */
  readonly protectedResource?: string;
}

export interface Route extends RouteFacts<RouteAccess, unknown, unknown> {
  readonly handle: (request: RouteRequest<unknown, unknown>) => Promise<Response>;
}

/** Largest JSON body, in bytes. */
export const MAX_JSON_BYTES = 1_048_576;
/** Largest plugin upload, manifest and module together, in bytes. */
export const MAX_UPLOAD_BYTES = 10_485_760;

/** Ties a handler to its facts; the types of body and query come from the schemas. */
export function defineRoute<Body = undefined, Query = undefined>(
  facts: RouteFacts<RouteAccess, Body, Query>,
  handle: (request: RouteRequest<Body, Query>) => Promise<Response>,
): Route {
  return { ...facts, handle: handle as Route['handle'] };
}

/** A path as Hono writes it: `/v1/sessions/:id`. */
export function toMountPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
