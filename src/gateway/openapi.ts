/**
 * The OpenAPI 3.1 document, made from the very schemas that validate.
 *
 * @module
 */

import * as z from 'zod';
import { ACTING_HEADER } from './open-block.ts';
import { ERROR_SCHEMAS, toResponses } from './openapi-responses.ts';
import type { Route } from './route.ts';

/** Of this gateway and its API. */
export const GATEWAY_VERSION = '0.1.0';

/** Both come in the same header. */
const CREDENTIALS =
  'An access token of this gateway, or a signed token (JWT) of an issuer that the policy of the workspace trusts';

export function toOpenApi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  const schemas: Record<string, object> = { ...ERROR_SCHEMAS, [ANY_JSON]: anyJson };
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = toOperation(route, schemas);
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
    // Whichever origin the document was read from.
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: CREDENTIALS } },
      schemas,
    },
  };
}

type Io = 'input' | 'output';
type ToSchema = (schema: z.ZodType, io: Io) => Record<string, unknown>;

/** What its schemas say of themselves once more goes among the `shared` ones of the document. */
function toOperation(route: Route, shared: Record<string, object>): object {
  const toSchema: ToSchema = (schema, io) =>
    shareDefinitions(toJsonSchema(schema, io), `${route.operation}-${io}`, shared);
  const isPublic = route.access === 'public';
  return {
    operationId: route.operation,
    summary: route.summary,
    tags: [route.tag],
    ...(isPublic ? { security: [] } : { 'x-sallyport-capability': route.access }),
    parameters: toParameters(route, toSchema),
    ...toRequestBody(route, toSchema),
    responses: toResponses(route, toSchema),
  };
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  schema: { type: 'string', maxLength: 128 },
} as const;
const ACTING_BLOCK = {
  name: ACTING_HEADER,
  in: 'header',
  description: 'The block to act as; its owner alone may',
  schema: { type: 'string' },
} as const;
const TICKET = { name: 'ticket', in: 'query', schema: { type: 'string' } } as const;
const LAST_EVENT_ID = {
  name: 'Last-Event-ID',
  in: 'header',
  schema: { type: 'string', pattern: '^[0-9]{1,9}$' },
} as const;

function toParameters(route: Route, toSchema: ToSchema): object[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const query = route.query === undefined ? {} : toSchema(route.query, 'input');
  const needed = (query.required ?? []) as readonly string[];
  const properties = (query.properties ?? {}) as Record<string, object>;
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    ...(needed.includes(name) && { required: true }),
    schema,
  }));
  return [
    ...inPath,
    ...inQuery,
    ...(route.takesTicket === true ? [TICKET] : []),
    ...(route.idempotency === undefined ? [] : [IDEMPOTENCY_KEY]),
    ...(route.actingBlock === 'acts' ? [ACTING_BLOCK] : []),
    ...(route.resumes === true ? [LAST_EVENT_ID] : []),
  ];
}

function toRequestBody(route: Route, toSchema: ToSchema): object {
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
  const schema = toSchema(route.body, 'input');
  const required = route.mayOmitBody !== true;
  return { requestBody: { required, content: { 'application/json': { schema } } } };
}

/** What a schema that refers to itself is made of, by name. */
interface WithDefinitions extends Record<string, unknown> {
  readonly $defs?: Record<string, object>;
}

export function toJsonSchema(schema: z.ZodType, io: Io): WithDefinitions {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

const ANY_JSON = 'Json';
const anyJson = { description: 'Any value of JSON' } as const;

/** As zod writes any value of JSON: by a reference to itself, of which generators make no type. */
const RECURSIVE_JSON = Object.values(
  toJsonSchema(z.object({ any: z.json() }), 'input').$defs ?? {},
)[0];

function isAnyJson(part: object): boolean {
  const nameless = (value: object = {}) => JSON.stringify(value).replaceAll(/__schema\d+/g, '');
  return nameless(part) === nameless(RECURSIVE_JSON);
}

/**
 * The schema without references into itself: `#` and `#/$defs/…` mean the whole document, wherever they
 * stand. What they mean is among the shared schemas from then on, under names that begin with `prefix`.
 */
function shareDefinitions(
  { $defs = {}, ...schema }: WithDefinitions,
  prefix: string,
  shared: Record<string, object>,
): Record<string, unknown> {
  const parts = Object.entries($defs).filter(([, part]) => !isAnyJson(part));
  const names = new Map(parts.map(([own]) => [own, `${prefix}-${own.replace(/^_+/, '')}`]));
  const toName = (own = '') => (own === '' ? prefix : (names.get(own) ?? ANY_JSON));
  const point = (value: object) =>
    JSON.parse(
      JSON.stringify(value).replaceAll(/"\$ref":"#(?:\/\$defs\/(\w+))?"/g, (_, own?: string) =>
        JSON.stringify(toReference(toName(own))).slice(1, -1),
      ),
    );
  for (const [own, part] of parts) shared[toName(own)] = point(part);
  if (!JSON.stringify({ $defs, schema }).includes('"$ref":"#"')) return point(schema);
  shared[prefix] = point(schema);
  return toReference(prefix);
}

function toReference(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}
