/**
 * How a "no" and a fault reach a client: problem documents (RFC 9457), or OpenAI's error shape
 * under `/v1/chat`. Nothing here repeats what a user, a model or a plugin wrote.
 *
 * @module
 */

import type { RunCost } from '../core/conversation/tool-result.ts';
import { ERROR_CODES, type ErrorCode } from '../core/errors/codes.ts';
import type { Denial } from '../core/errors/denial.ts';
import { faultCode } from '../core/errors/fault.ts';
import type { PointerError } from '../core/errors/pointer-errors.ts';
import type { CapabilityGrowth } from '../core/manifest/capability-growth.ts';

export interface ProblemFacts {
  readonly detail?: string;
  readonly errors?: readonly PointerError[];
  readonly denial?: Denial;
  /** What a call used before it was denied. */
  readonly cost?: RunCost;
  /** What an upgrade that is refused may do and the version before could not. */
  readonly growth?: CapabilityGrowth;
  /** A reason of ours, where it is not that of a denial. */
  readonly reason?: string;
  readonly retryAfterMs?: number;
}

/** A complete problem, before it is written down in one shape or the other. */
export interface Problem extends ProblemFacts {
  readonly code: ErrorCode;
  readonly requestId: string;
}

/** Base of the `type` URIs: a name, not an address that is fetched. */
const TYPE_BASE = 'urn:sallyport:problem:';

export function toProblemResponse(problem: Problem): Response {
  const facts = ERROR_CODES[problem.code];
  const body = {
    type: TYPE_BASE + problem.code,
    title: facts.title,
    status: facts.status,
    detail: problem.detail ?? describeDenial(problem.denial) ?? facts.title,
    code: problem.code,
    requestId: problem.requestId,
    ...(problem.denial && { check: problem.denial.check, reason: problem.denial.reason }),
    ...(problem.reason !== undefined && { reason: problem.reason }),
    ...(problem.denial?.pointer !== undefined && { pointer: problem.denial.pointer }),
    ...(problem.errors && { errors: problem.errors }),
    ...(problem.growth && { growth: problem.growth }),
    ...(problem.cost && { cost: problem.cost }),
  };
  return errorResponse(problem, JSON.stringify(body), 'application/problem+json');
}

export function toOpenAiErrorResponse(problem: Problem): Response {
  const { title } = ERROR_CODES[problem.code];
  const message = problem.errors
    ? problem.errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; ')
    : (problem.detail ?? describeDenial(problem.denial) ?? title);
  const body = {
    error: {
      message,
      type: toOpenAiType(problem.code),
      param: problem.errors?.[0]?.pointer.slice(1).replaceAll('/', '.') || null,
      code: problem.denial?.reason ?? problem.code,
    },
  };
  return errorResponse(problem, JSON.stringify(body), 'application/json');
}

/** The code for whatever was thrown. A stranger's error is `internal`, whatever it says. */
export function toErrorCode(thrown: unknown): ErrorCode {
  return faultCode(thrown) ?? 'internal';
}

function errorResponse(problem: Problem, body: string, contentType: string): Response {
  const headers = new Headers({ 'Content-Type': contentType, 'Cache-Control': 'no-store' });
  const retryAfterMs = problem.retryAfterMs ?? problem.denial?.retryAfterMs;
  if (retryAfterMs !== undefined) {
    headers.set('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1_000))));
  }
  if (problem.code === 'unauthenticated') headers.set('WWW-Authenticate', 'Bearer');
  return new Response(body, { status: ERROR_CODES[problem.code].status, headers });
}

function describeDenial(denial: Denial | undefined): string | undefined {
  if (denial === undefined) return undefined;
  const family = denial.family === undefined ? '' : ` (${denial.family})`;
  return `Denied by check "${denial.check}": ${denial.reason}${family}`;
}

function toOpenAiType(code: ErrorCode): string {
  const { status } = ERROR_CODES[code];
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'api_error' : 'invalid_request_error';
}
