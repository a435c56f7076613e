/**
 * Requests to which the proxy adds a secret: the plugin says which one and what path, the proxy
 * knows the host and the value, speaks TLS, and adds the header.
 *
 * @module
 */

import { isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { SecretInjection } from './egress-order.ts';
import { EgressStop } from './egress-stop.ts';
import type { MeteredStream } from './metered-stream.ts';

/** The proxy's own name: never looked up, and in a zone that no registry hands out. */
export const SECRETS_HOST = 'secrets.sallyport.internal';

/** `/<name>/<path>`, `/<name>` or `/<name>?<query>` */
const SECRET_PATH = /^\/([A-Za-z][A-Za-z0-9_-]{0,63}(?:\.[1-9][0-9]?)?)(\/[^#]*|\?[^#]*)?$/;

/** Would send the header back in the body (RFC 9110 §9.3.8). */
const ECHOING_METHOD = 'TRACE';

export interface SecretRequest {
  readonly secret: SecretInjection;
  /** As the upstream is to see it. */
  readonly path: string;
}

/** Throws {@link EgressStop} unless the path names a secret of this sandbox. */
export function readSecretRequest(
  method: string | undefined,
  path: string,
  secrets: readonly SecretInjection[],
): SecretRequest {
  if (method === ECHOING_METHOD) throw new EgressStop('method_refused');
  const [, name, rest = '/'] = SECRET_PATH.exec(path) ?? [];
  const secret = secrets.find((candidate) => candidate.name === name);
  if (secret === undefined) throw new EgressStop('secret_unknown');
  return { secret, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Speaks TLS on an open connection, with a certificate that is valid for this host. */
export async function secure(
  upstream: MeteredStream,
  host: string,
  authorities: readonly string[] | undefined,
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connectTls({
    socket: upstream,
    host, // what the certificate must be valid for
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 && { servername: host }),
    ...(authorities !== undefined && { ca: [...authorities] }),
  });
  socket.once('secureConnect', resolve).once('error', reject).once('close', reject);
  try {
    await promise;
    return socket;
  } catch {
    throw upstream.errored ?? new EgressStop('upstream_failed');
  }
}
