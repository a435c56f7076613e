/**
 * What everybody may read: health, the API's description, and the schema of a plugin manifest.
 *
 * @module
 */

import * as z from 'zod';
import { manifestJsonSchema } from '../../core/manifest/manifest.ts';
import { DOCS_POLICY, toDocsPage } from '../docs-page.ts';
import { json } from '../json-response.ts';
import { toOpenApi } from '../openapi.ts';
import { defineRoute, type Route } from '../route.ts';

const anything = z.record(z.string(), z.unknown());

const health = defineRoute(
  {
    method: 'GET',
    path: '/health',
    operation: 'health',
    summary: 'Whether the gateway answers',
    tag: 'public',
    access: 'public',
    success: { status: 200, describes: z.object({ status: z.literal('ok') }) },
  },
  // Its time is what clocks are compared with, and not every runtime says it.
  async () => json({ status: 'ok' }, 200, { Date: new Date().toUTCString() }),
);

const pluginSchema = defineRoute(
  {
    method: 'GET',
    path: '/schemas/plugin.json',
    operation: 'pluginSchema',
    summary: 'The JSON Schema of plugin.json',
    tag: 'public',
    access: 'public',
    success: { status: 200, describes: anything },
  },
  async () => json(manifestJsonSchema()),
);

/** Adds the routes that describe all routes, themselves included. */
export function withPublicRoutes(routes: readonly Route[]): readonly Route[] {
  // Made once: they are the same for everybody, strangers included, and take a while to make.
  const openApiDocument = once(() => toOpenApi(all));
  const docsPage = once(() => toDocsPage(all));
  const openApi = defineRoute(
    {
      method: 'GET',
      path: '/openapi.json',
      operation: 'openApi',
      summary: 'This API, as OpenAPI 3.1',
      tag: 'public',
      access: 'public',
      success: { status: 200, describes: anything },
    },
    async () => json(openApiDocument()),
  );
  const docs = defineRoute(
    {
      method: 'GET',
      path: '/docs',
      operation: 'docs',
      summary: 'This API, as a page',
      tag: 'public',
      access: 'public',
      success: { status: 200, describes: 'html' },
    },
    async () =>
      new Response(docsPage(), {
        headers: {
          'Content-Type': 'text/html; charset=utf-8',
          'Content-Security-Policy': DOCS_POLICY,
        },
      }),
  );
  const all: readonly Route[] = [health, openApi, docs, pluginSchema, ...routes];
  return all;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
