/**
 * How a provider's base URL is reached: through the private network where it points to one.
 *
 * A Worker cannot reach loopback and private addresses by itself; locally the binding
 * `PRIVATE_NETWORK` can. The base URL is the operator's word (a variable of the deployment), never
 * a user's, so it is trusted as far as it names its host.
 *
 * @module
 */

import type { ModelBindings } from './model-bindings.ts';

export type Fetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

const PRIVATE_HOST =
  /^(?:localhost|.+\.(?:localhost|local|internal|lan)|[^.:]+|127\..*|10\..*|192\.168\..*|169\.254\..*|172\.(?:1[6-9]|2\d|3[01])\..*|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\..*|0\.0\.0\.0|\[::1?\]|\[f[cd].*|\[fe[89ab].*|\[::ffff:.*)$/;

/** Keys and conversations go where the operator said, and nowhere that an answer names. */
const NO_REDIRECT: RequestInit = { redirect: 'manual' };

/** Looked up at each call, so that what replaces `fetch` later (a test, a tracer) is used. */
export const publicFetch: Fetch = (input, init) =>
  globalThis.fetch(input, { ...init, ...NO_REDIRECT });

export function fetchFor(env: ModelBindings, baseUrl: string): Fetch {
  const { PRIVATE_NETWORK } = env;
  if (PRIVATE_NETWORK === undefined || !isPrivate(baseUrl)) return publicFetch;
  return (input, init) => PRIVATE_NETWORK.fetch(input, { ...init, ...NO_REDIRECT });
}

function isPrivate(baseUrl: string): boolean {
  const url = URL.parse(baseUrl);
  return url !== null && PRIVATE_HOST.test(url.hostname);
}
