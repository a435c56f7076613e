/**
 * What a route may answer, as the OpenAPI document says it.
 *
 * @module
 */

import type * as z from 'zod';
import type { RunCost } from '../core/conversation/tool-result.ts';
import { ERROR_CODES } from '../core/errors/codes.ts';
import type { CapabilityGrowth } from '../core/manifest/capability-growth.ts';
import { LOOSENINGS } from '../core/manifest/trust-growth.ts';
import type { ErrorShape, Route } from './route.ts';

const texts = { type: 'array', items: { type: 'string' } } as const;
const count = { type: 'number' } as const;

const growth = {
  type: 'object',
  description: 'What an upgrade that is refused may newly do; "digest" accepts it',
  required: ['added', 'widened', 'removed', 'undenied', 'loosened', 'digest'],
  properties: {
    added: texts,
    widened: {
      type: 'array',
      items: {
        type: 'object',
        required: ['from', 'to'],
        properties: { from: texts, to: { type: 'string' } },
      },
    },
    removed: texts,
    undenied: texts,
    loosened: {
      type: 'array',
      items: {
        type: 'object',
        required: ['tool', 'what', 'pointer'],
        properties: {
          tool: { type: 'string' },
          what: { enum: LOOSENINGS },
          pointer: { type: 'string' },
        },
      },
    },
    digest: { type: 'string' },
  } satisfies Record<keyof CapabilityGrowth, object>,
} as const;

const cost = {
  type: 'object',
  description: 'What a call used before it was denied',
  required: ['durationMs'],
  properties: {
    durationMs: count,
    fuel: count,
    memoryPages: count,
    suspendedMs: count,
  } satisfies Record<keyof RunCost, object>,
} as const;

const problem = {
  type: 'object',
  additionalProperties: false,
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
    pointer: { type: 'string', description: 'What of the arguments was refused, for denials' },
    approvalId: { type: 'string', description: 'The approval that is waited for' },
    findings: { ...texts, description: 'Rules of a scanner that found something, for denials' },
    cost,
    growth,
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

/** As OpenAI's clients read it. */
const openAiError = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: 'string' },
      },
    },
  },
} as const;

/** As Anthropic's clients read it. */
const anthropicError = {
  type: 'object',
  required: ['type', 'error', 'request_id'],
  properties: {
    type: { const: 'error' },
    error: {
      type: 'object',
      required: ['type', 'message'],
      properties: {
        type: { type: 'string' },
        message: { type: 'string' },
        details: {
          type: 'object',
          required: ['error_code'],
          properties: { error_code: { type: 'string' } },
        },
      },
    },
    request_id: { type: 'string' },
  },
} as const;

const jsonRpcError = {
  type: 'object',
  required: ['jsonrpc', 'error'],
  properties: {
    jsonrpc: { const: '2.0' },
    id: { type: ['string', 'number', 'null'] },
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'integer' },
        message: { type: 'string' },
        data: { description: 'Beside what the protocol says: `code`, `reason` and `requestId`' },
      },
    },
  },
} as const;

export const ERROR_SCHEMAS = {
  Problem: problem,
  OpenAiError: openAiError,
  AnthropicError: anthropicError,
  JsonRpcError: jsonRpcError,
} as const;

/** What the clients of a vendor are told instead, once a route was found. */
const SHAPES: Readonly<Record<ErrorShape, keyof typeof ERROR_SCHEMAS>> = {
  problem: 'Problem',
  openai: 'OpenAiError',
  anthropic: 'AnthropicError',
  'json-rpc': 'JsonRpcError',
};

type Content = Readonly<Record<string, object>>;

/** `toSchema` writes what a route answers with as JSON Schema. */
export function toResponses(
  route: Route,
  toSchema: (schema: z.ZodType, io: 'output') => object,
): Record<string, object> {
  const { describes, status, also = [] } = route.success;
  const content = toContent(describes, (schema) => toSchema(schema, 'output'));
  const events = also.includes('stream') ? toContent('stream') : {};
  const pending = typeof describes === 'string' ? {} : { content };
  return {
    [status]: toSuccess(describes, status, { ...content, ...events }),
    ...(also.includes(202) && { 202: { description: 'Taken, and not ended', ...pending } }),
    ...(also.includes(204) && { 204: { description: 'There is nothing' } }),
    default: toFailure(route),
  };
}

type Describes = Route['success']['describes'];

const DESCRIPTIONS = {
  html: 'A page',
  lines: 'Lines of JSON',
  stream: 'Events',
  websocket: 'A WebSocket',
  'json-rpc': 'An answer of JSON-RPC, by itself or as an event',
  platform: 'What the platform of the channel wants to hear',
} as const satisfies Record<Extract<Describes, string>, string>;

function toSuccess(describes: Describes, status: number, content: Content): object {
  if (status === 204) return { description: 'Done' };
  const description = typeof describes === 'string' ? DESCRIPTIONS[describes] : 'Success';
  return { description, ...(Object.keys(content).length > 0 && { content }) };
}

const TEXT = { schema: { type: 'string' } } as const;

function toContent(
  describes: Describes,
  toSchema: (schema: z.ZodType) => object = () => ({}),
): Content {
  if (describes === 'websocket') return {};
  if (describes === 'html') return { 'text/html': TEXT };
  if (describes === 'lines') return { 'application/x-ndjson': TEXT };
  if (describes === 'stream') return { 'text/event-stream': TEXT };
  if (describes === 'json-rpc') return { 'application/json': {}, 'text/event-stream': TEXT };
  if (describes === 'platform') return { 'application/json': {}, 'text/plain': TEXT };
  return { 'application/json': { schema: toSchema(describes) } };
}

function toFailure({ errorShape = 'problem', success: { describes } }: Route): object {
  const ofClient = describes === 'json-rpc' ? 'JsonRpcError' : SHAPES[errorShape];
  return {
    description: 'A problem (RFC 9457), or what the clients of this route understand',
    content: {
      'application/problem+json': { schema: refTo('Problem') },
      ...(ofClient !== 'Problem' && { 'application/json': { schema: refTo(ofClient) } }),
      ...(describes === 'html' && toContent(describes)),
    },
  };
}

function refTo(name: keyof typeof ERROR_SCHEMAS): object {
  return { $ref: `#/components/schemas/${name}` };
}
