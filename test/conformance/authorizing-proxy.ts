/**
 * A door to the gateway for tools that can send no credential: whoever comes through it is the one
 * whose token it was made with. Everything else passes as it is, the `Host` too.
 *
 * @module
 */

import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AuthorizingProxy {
  readonly url: string;
  readonly close: () => void;
}

export async function startAuthorizingProxy(gateway: {
  readonly url: string;
  readonly token: string;
}): Promise<AuthorizingProxy> {
  const { hostname, port } = new URL(gateway.url);
  const server = http.createServer((request, response) => {
    const headers = { ...request.headers, authorization: `Bearer ${gateway.token}` };
    const { method, url } = request;
    const onward = http.request({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
