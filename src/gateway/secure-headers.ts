/**
 * Headers on every answer, and who may ask from a browser: nobody but the gateway's own pages.
 *
 * @module
 */

import { Refusal } from './refusal.ts';

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
} as const;

const DEFAULT_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

export function secureHeaders(headers: Headers, requestId: string): void {
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  if (!headers.has('Content-Security-Policy')) {
    headers.set('Content-Security-Policy', DEFAULT_POLICY);
  }
  headers.set('X-Request-Id', requestId);
}

/**
 * Refuses a request that a page of another origin sent. There is no CORS: a browser that names
 * its origin must name ours. Programs send no `Origin`.
 */
export function requireOwnOrigin(request: Request): void {
  const origin = request.headers.get('Origin');
  if (origin !== null && origin !== new URL(request.url).origin) {
    throw new Refusal('origin_refused', {
      detail: 'Cannot accept the request: its Origin must be that of the gateway',
    });
  }
}
