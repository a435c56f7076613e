/**
 * The request that a redirect asks for, as the Fetch Standard has it ("HTTP-redirect fetch").
 *
 * @module
 */

import { forAnotherOrigin, type HeaderRecord, withoutBodyHeaders } from './http-headers.ts';
import type { HttpTarget } from './http-target.ts';

export interface HttpHop {
  readonly target: HttpTarget;
  readonly method: string;
  readonly headers: HeaderRecord;
  readonly body: Uint8Array;
}

const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

const NO_BODY = new Uint8Array(0);

export function isRedirect(status: number): boolean {
  return REDIRECT_STATUS.has(status);
}

/** Where a `Location` leads from here, as text that still has to be read as a target. */
export function resolveLocation(location: string, from: HttpTarget): string | undefined {
  return URL.parse(location, from.href)?.href;
}

/**
 * The next hop. Stricter than the standard in one thing: to another origin go only headers that
 * cannot hold a credential, where the standard removes `Authorization` alone.
 */
export function followRedirect(hop: HttpHop, status: number, target: HttpTarget): HttpHop {
  const becomesGet =
    status === 303
      ? hop.method !== 'GET' && hop.method !== 'HEAD'
      : status < 303 && hop.method === 'POST';
  const next = becomesGet
    ? { method: 'GET', headers: withoutBodyHeaders(hop.headers), body: NO_BODY }
    : hop;
  const headers =
    target.origin === hop.target.origin ? next.headers : forAnotherOrigin(next.headers);
  return { target, method: next.method, headers, body: next.body };
}
