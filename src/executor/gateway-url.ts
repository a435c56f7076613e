/**
 * The address of a gateway as an operator writes it. Whatever is not encrypted stays on this
 * machine.
 *
 * @module
 */

import { err, ok, type Result } from '../core/primitives/result.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** The origin of an `https:` URL, or of an `http:` one on loopback. */
export function parseGatewayUrl(text: string): Result<URL, string> {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return err('Cannot use the address of the gateway: it must be a URL');
  }
  const isLocal = url.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if (url.protocol !== 'https:' && !isLocal) {
    return err(
      'Cannot use the address of the gateway: it must begin with "https:", unless it is on loopback',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return err('Cannot use the address of the gateway: it must hold no more than host and port');
  }
  return ok(new URL(url.origin));
}

/** Where a node connects. */
export function connectUrl(gateway: URL, workspace: string, node: string): URL {
  const url = new URL('/v1/nodes/connect', gateway);
  url.protocol = gateway.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('workspace', workspace);
  url.searchParams.set('node', node);
  return url;
}
