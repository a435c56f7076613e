/**
 * The OpenAPI 3.1 document, made from the very schemas that validate.
 *
 * @module
 */

import * as z from 'zod';
import { ERROR_CODES } from '../core/errors/codes.ts';
import type { Route } from './route.ts';

/** Of this gateway and its API. */
export const GATEWAY_VERSION = '0.1.0';

const problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { enum: Object.keys(ERROR_CODES) },
    requestId: { type: 'string' },
    check: { type: 'string', description: 'Which of the checks refused, for denials' },
    reason: { type: 'string', description: 'A reason of that check, for denials' },
    growth: {
      type: 'object',
      description: 'What an upgrade that is refused may newly do; "digest" accepts it',
    },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
} as const;

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
      schemas: { Problem: problem },
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
    responses: {
      [route.success.status]: toSuccess(route),
      default: {
        description: 'A problem (RFC 9457)',
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    },
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
  return [...inPath, ...inQuery, ...tickets, ...headers];
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

function toSuccess(route: Route): object {
  const { describes, status } = route.success;
  if (status === 204) return { description: 'Done' };
  if (describes === 'websocket') return { description: 'A WebSocket' };
  if (describes === 'html') return { description: 'A page', content: { 'text/html': {} } };
  if (describes === 'lines')
    return { description: 'Lines of JSON', content: { 'application/x-ndjson': {} } };
  if (describes === 'stream')
    return { description: 'Events', content: { 'text/event-stream': {} } };
  const schema = toJsonSchema(describes, 'output');
  return { description: 'Success', content: { 'application/json': { schema } } };
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
