/**
 * A service over TLS on this machine, which answers with what it was sent. Its certificate is for
 * `127.0.0.1`, signed by itself and used by nothing but these tests.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export const LOOPBACK_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUSQ0qfC+lfq2L19V/zJl33bHwo5IwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMjEzNTkwNFoYDzIxMjYxMDI5
MTM1OTA0WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQPWBA/cWvu9GFWN1Ij+E9dFPv+q1R9iKhACRAxcsojQJoRcnq+Tovo
bm8Iz+WGB64pxCjzWF9Wwv1pytxXi0Rpo2QwYjAdBgNVHQ4EFgQU0R028AFIw1sO
7N97Ml6C0ophDngwHwYDVR0jBBgwFoAU0R028AFIw1sO7N97Ml6C0ophDngwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IBnFcd4EcGoBxEsM2aQyNsYKL1eVNIwnUrG6l/UyV/5TAiEAnd0AFI8RakN24uIH
UsbGG8sFNb44PxApsd8pKZzypa8=
-----END CERTIFICATE-----
`;

const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgH525kOLCOXiojdDd
jq6lGJ37B2OT3/flj6ejxfO5VNahRANCAAQPWBA/cWvu9GFWN1Ij+E9dFPv+q1R9
iKhACRAxcsojQJoRcnq+Tovobm8Iz+WGB64pxCjzWF9Wwv1pytxXi0Rp
-----END PRIVATE KEY-----
`;

export interface LoopbackService {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** The requests so far: path and header fields. */
  readonly seen: { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  readonly close: () => void;
}

export async function startLoopbackService(): Promise<LoopbackService> {
  const seen: LoopbackService['seen'] = [];
  const server = createServer({ cert: LOOPBACK_CERTIFICATE, key: KEY }, (request, response) => {
    seen.push({ path: request.url ?? '', headers: request.headers });
    response.end(JSON.stringify({ path: request.url, headers: request.headers }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    seen,
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
