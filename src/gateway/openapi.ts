/**
 * The OpenAPI 3.1 document, made from the very schemas that validate.
 *
 * @module
 */

import * as z from 'zod';
import { ERROR_SCHEMAS, toResponses } from './openapi-responses.ts';
import type { Route } from './route.ts';

/** Of this gateway and its API. */
export const GATEWAY_VERSION = '0.1.0';

/** Both come in the same header. */
const CREDENTIALS =
  'An access token of this gateway, or a signed token (JWT) of an issuer that the policy of the workspace trusts';

export function toOpenApi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = toOperation(route);
    paths[route.path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport',
      version: GATEWAY_VERSION,
      description: 'An agent gateway: every tool call passes seven checks and runs in a sandbox.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: CREDENTIALS } },
      schemas: ERROR_SCHEMAS,
    },
  };
}

function toOperation(route: Route): object {
  const isPublic = route.access === 'public';
  return {
    operationId: route.operation,
    summary: route.summary,
    tags: [route.tag],
    ...(isPublic ? { security: [] } : { 'x-sallyport-capability': route.access }),
    parameters: toParameters(route),
    ...toRequestBody(route),
    responses: toResponses(route, toJsonSchema),
  };
}

function toParameters(route: Route): object[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const query = route.query === undefined ? {} : toJsonSchema(route.query, 'input');
  const properties = (query.properties ?? {}) as Record<string, object>;
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    schema,
  }));
  const headers =
    route.idempotency === undefined
      ? []
      : [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 128 } }];
  const tickets =
    route.takesTicket === true ? [{ name: 'ticket', in: 'query', schema: { type: 'string' } }] : [];
  const resumed =
    route.resumes === true
      ? [
          {
            name: 'Last-Event-ID',
            in: 'header',
            schema: { type: 'string', pattern: '^[0-9]{1,9}$' },
          },
        ]
      : [];
  return [...inPath, ...inQuery, ...tickets, ...headers, ...resumed];
}

function toRequestBody(route: Route): object {
  if (route.bodyKind === 'multipart') {
    const schema = {
      type: 'object',
      required: ['manifest'],
      properties: {
        manifest: { type: 'string', contentMediaType: 'application/json' },
        module: { type: 'string', format: 'binary' },
        signature: { type: 'string', contentMediaType: 'application/json' },
        acceptGrowth: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      },
    };
    return { requestBody: { required: true, content: { 'multipart/form-data': { schema } } } };
  }
  if (route.body === undefined) return {};
  const schema = toJsonSchema(route.body, 'input');
  const required = route.mayOmitBody !== true;
  return { requestBody: { required, content: { 'application/json': { schema } } } };
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
