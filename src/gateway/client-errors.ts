/**
 * Problems in the shapes that the vendors' own clients turn into their own errors. Nothing here
 * repeats what a user, a model or a plugin wrote.
 *
 * @module
 */

import { ERROR_CODES, type ErrorCode } from '../core/errors/codes.ts';
import {
  describeProblem,
  errorResponse,
  type Problem,
  toProblemResponse,
} from './error-response.ts';
import type { ErrorShape } from './route.ts';

export const ERROR_WRITERS: Readonly<Record<ErrorShape, (problem: Problem) => Response>> = {
  problem: toProblemResponse,
  openai: toOpenAiErrorResponse,
  anthropic: toAnthropicErrorResponse,
  'json-rpc': toRpcErrorResponse,
};

function toOpenAiErrorResponse(problem: Problem): Response {
  const error = {
    message: toMessage(problem),
    type: toOpenAiType(problem.code),
    param: problem.errors?.[0]?.pointer.slice(1).replaceAll('/', '.') || null,
    code: problem.denial?.reason ?? toIncapableCode(problem) ?? toOpenAiCode(problem.code),
  };
  return vendorResponse(problem, { error });
}

function toAnthropicErrorResponse(problem: Problem): Response {
  const { reason } = problem;
  const error = {
    type: toAnthropicType(problem.code),
    message: toMessage(problem),
    ...(reason !== undefined && { details: { error_code: reason } }),
  };
  const response = vendorResponse(problem, {
    type: 'error',
    error,
    request_id: problem.requestId,
  });
  response.headers.set('request-id', problem.requestId);
  return response;
}

/** Under the status of the problem, since a client of A2A looks for 401 there. */
function toRpcErrorResponse(problem: Problem): Response {
  const { code, requestId, denial, reason = denial?.reason, rpcId = null } = problem;
  const { status, headers } = errorResponse(problem, '', 'application/json');
  const data = { code, ...(reason !== undefined && { reason }), requestId };
  const error = { code: toRpcCode(code), message: toMessage(problem), data };
  return new Response(JSON.stringify({ jsonrpc: '2.0', id: rpcId, error }), { status, headers });
}

/** "Parse error", "Internal error", "Invalid params", and the first that the protocol leaves to servers. */
export function toRpcCode(code: ErrorCode): number {
  const { status } = ERROR_CODES[code];
  if (code === 'malformed_json') return -32_700;
  if (status >= 500) return -32_603;
  return [400, 404, 422].includes(status) ? -32_602 : -32_000;
}

/** The kind of error, as an event of a stream that breaks off says it too. */
export function toOpenAiType(code: ErrorCode): string {
  const status = toVendorStatus(code);
  if (status === 403) return 'permission_error';
  if (code === 'budget_exhausted') return 'insufficient_quota';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'api_error' : 'invalid_request_error';
}

const OPENAI_CODES: Readonly<Partial<Record<ErrorCode, string>>> = {
  unauthenticated: 'invalid_api_key',
  model_unknown: 'model_not_found',
  rate_limited: 'rate_limit_exceeded',
  model_rate_limited: 'rate_limit_exceeded',
  budget_exhausted: 'insufficient_quota',
};

/** OpenAI's own name for it where there is one, else ours. */
export function toOpenAiCode(code: ErrorCode): string {
  return OPENAI_CODES[code] ?? code;
}

/** What the model cannot do. */
function toIncapableCode({ code, reason }: Problem): string | undefined {
  if (code !== 'model_incapable') return undefined;
  return reason === 'context' ? 'context_length_exceeded' : reason;
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

export function toAnthropicType(code: ErrorCode): string {
  const status = toVendorStatus(code);
  return ANTHROPIC_TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

/** What we tell apart as 422 is 400 to both vendors, and a model that is not there is 404. */
function toVendorStatus(code: ErrorCode): number {
  if (code === 'model_unknown') return 404;
  return code === 'invalid_body' || code === 'model_incapable' ? 400 : ERROR_CODES[code].status;
}

function toMessage(problem: Problem): string {
  const { errors } = problem;
  if (errors === undefined) return describeProblem(problem);
  return errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; ');
}

/** Longest that a client should wait by itself; for more, whoever called it decides. */
const MAX_WAIT_SECONDS = 60;

/**
 * The vendors' clients repeat a request by themselves after 409, 429 and 5xx, and one of them sleeps for as
 * long as it is told to. They are to let it be where it is in vain, and where what has run would run again.
 */
function mayRepeat({ code, hasRun, goesOn }: Problem, retryAfter: string | null): boolean {
  if (goesOn) return true;
  if (hasRun || code === 'deadline_exceeded') return false;
  // One that says no time never comes back.
  if (code === 'budget_exhausted' && retryAfter === null) return false;
  return ERROR_CODES[code].retryable && Number(retryAfter) <= MAX_WAIT_SECONDS;
}

function vendorResponse(problem: Problem, body: object): Response {
  const { headers } = errorResponse(problem, '', 'application/json');
  if (!mayRepeat(problem, headers.get('Retry-After'))) headers.set('X-Should-Retry', 'false');
  return new Response(JSON.stringify(body), { status: toVendorStatus(problem.code), headers });
}
