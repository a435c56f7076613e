/**
 * A registry for tests: serves one image from a folder in the OCI image layout, to whoever brings
 * the token that it gives out; and lies as the test wants.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface AskedOf {
  readonly path: string;
  readonly authorization: string | undefined;
}

export interface RegistryStandin {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly asked: AskedOf[];
  /** Changes what is answered for a part; absent: the truth. */
  lie: ((digest: string, bytes: Buffer) => Buffer) | undefined;
  /** Answers in its own way, if it says so. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** What the token endpoint wants, as base64; absent: nothing. */
  credential: string | undefined;
  readonly close: () => void;
}

const TOKEN = 'token-of-the-standin';

/** `repository` as in the path of a URL; `layout` may be read from later. */
export async function startRegistry(layout: string, repository: string): Promise<RegistryStandin> {
  const asked: AskedOf[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', `http://${standin.host}`);
    const { authorization } = request.headers;
    asked.push({ path: url.pathname + url.search, authorization });
    if (standin.instead?.(request, response) === true) return;
    if (url.pathname === '/token') giveToken(standin, response, authorization);
    else if (authorization !== `Bearer ${TOKEN}`) refuse(standin, response);
    else givePart(standin, { layout, repository, path: url.pathname }, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standin: RegistryStandin = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ asked, lie: undefined, instead: undefined, credential: undefined },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return standin;
}

function giveToken(
  { credential }: RegistryStandin,
  response: ServerResponse,
  authorization: string | undefined,
): void {
  const isKnown = credential === undefined || authorization === `Basic ${credential}`;
  response.writeHead(isKnown ? 200 : 401).end(isKnown ? JSON.stringify({ token: TOKEN }) : '');
}

function refuse({ host }: RegistryStandin, response: ServerResponse): void {
  const realm = `Bearer realm="http://${host}/token",service="standin",scope="everything"`;
  response.writeHead(401, { 'WWW-Authenticate': realm }).end();
}

interface Place {
  readonly layout: string;
  readonly repository: string;
  readonly path: string;
}

function givePart(
  { lie }: RegistryStandin,
  { layout, repository, path }: Place,
  response: ServerResponse,
): void {
  const [, name, digest = ''] =
    /^\/v2\/(.+)\/(?:manifests|blobs)\/(sha256:[0-9a-f]{64})$/.exec(path) ?? [];
  const file = join(layout, 'blobs/sha256', digest.slice('sha256:'.length));
  if (name !== repository || !existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  const bytes = readFileSync(file);
  response.end(lie?.(digest, bytes) ?? bytes);
}
