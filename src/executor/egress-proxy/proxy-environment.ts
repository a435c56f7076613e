/**
 * Tells programs in a sandbox where their proxy is. Every client library looks for other names.
 *
 * @module
 */

/** Where the way out begins inside a sandbox: its own loopback. */
export const PROXY_PORT = 3128;

const HTTP = `http://127.0.0.1:${PROXY_PORT}`;
/** `h`: names are resolved by the proxy. */
const SOCKS = `socks5h://127.0.0.1:${PROXY_PORT}`;

export const PROXY_ENVIRONMENT: Readonly<Record<string, string>> = {
  HTTP_PROXY: HTTP,
  http_proxy: HTTP,
  HTTPS_PROXY: HTTP,
  https_proxy: HTTP,
  ALL_PROXY: SOCKS,
  all_proxy: SOCKS,
  NODE_USE_ENV_PROXY: '1', // Node 24 and later look at the others only then
};
