/**
 * Tries out what a gateway answers to those who show no credential, and under a name that is not its own.
 *
 * @module
 */

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import * as z from 'zod';
import type { SurfaceFacts } from '../../core/security-audit/deployment-facts.ts';
import { isLoopbackName } from './loopback.ts';
import type { PartReader } from './read-parts.ts';

/** What everybody may read; see `docs/security/secure-configuration.md`. */
const FOR_EVERYBODY =
  /^\/(health|docs|openapi\.json|schemas\/[^/]+|\.well-known\/.+|v1\/audit\/key|v1\/sign-ins\/client\.json)$/;

const FOREIGN_HOST = 'rebound.invalid';
const TIMEOUT_MS = 10_000;

const description = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
});

export async function probeSurface(url: string, reader: PartReader): Promise<SurfaceFacts> {
  const described = await reader.read('routes', '/openapi.json', description);
  const paths = Object.entries(described?.paths ?? {})
    .filter(([path, methods]) => methods.get !== undefined && !FOR_EVERYBODY.test(path))
    .map(([path]) => path);
  const statuses = await Promise.all(
    paths.map((path) => statusOf(url + path.replaceAll(/\{\w+\}/g, 'x'))),
  );
  const isOpen = (status = 0) => status >= 200 && status < 300;
  const openRoutes = paths
    .filter((_, index) => isOpen(statuses[index]))
    .map((path) => `GET ${path}`);
  return {
    url,
    isLoopback: isLoopbackName(new URL(url).hostname),
    answersToForeignHost: (await statusOf(`${url}/health`, FOREIGN_HOST)) === 200,
    openRoutes,
  };
}

/** Without a credential. 0 if there was no answer. `fetch` lets nobody say the host. */
export function statusOf(address: string, host?: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const request = address.startsWith('https:') ? requestHttps : requestHttp;
  const asked = request(
    address,
    { timeout: TIMEOUT_MS, ...(host !== undefined && { headers: { Host: host } }) },
    (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    },
  );
  asked.once('timeout', () => asked.destroy());
  asked.once('error', () => resolve(0));
  asked.once('close', () => resolve(0));
  asked.end();
  return promise;
}
