/**
 * How a "no" and a fault reach a client: as problem documents (RFC 9457). Nothing here repeats what a user, a model or a plugin wrote.
 *
 * @module
 */

import type { RunCost } from '../core/conversation/tool-result.ts';
import { ERROR_CODES, type ErrorCode } from '../core/errors/codes.ts';
import type { Denial } from '../core/errors/denial.ts';
import { faultCode, isOverload } from '../core/errors/fault.ts';
import type { PointerError } from '../core/errors/pointer-errors.ts';
import { remedyFor } from '../core/errors/remedies.ts';
import type { CapabilityGrowth } from '../core/manifest/capability-growth.ts';

export interface ProblemFacts {
  readonly detail?: string;
  readonly errors?: readonly PointerError[];
  readonly denial?: Denial;
  /** What a call used before it was denied. */
  readonly cost?: RunCost;
  /** What an upgrade that is refused may do and the version before could not. */
  readonly growth?: CapabilityGrowth;
  /** The approval that a human must give first. */
  readonly approvalId?: string;
  /** A reason of ours, where it is not that of a denial. */
  readonly reason?: string;
  readonly retryAfterMs?: number;
  /** A call of it has run, and would run once more if the request were repeated. */
  readonly hasRun?: true;
  /** It still runs, and the same request finds it again by its key. */
  readonly goesOn?: true;
  /** Of the call of JSON-RPC that it answers. */
  readonly rpcId?: string | number | null;
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
    detail: withRemedy(problem),
    code: problem.code,
    requestId: problem.requestId,
    ...(problem.denial && { check: problem.denial.check, reason: problem.denial.reason }),
    ...(problem.reason !== undefined && { reason: problem.reason }),
    ...(problem.denial?.pointer !== undefined && { pointer: problem.denial.pointer }),
    ...(problem.denial?.findings && { findings: problem.denial.findings }),
    ...(problem.errors && { errors: problem.errors }),
    ...(problem.growth && { growth: problem.growth }),
    ...(problem.cost && { cost: problem.cost }),
    ...(problem.approvalId !== undefined && { approvalId: problem.approvalId }),
  };
  return errorResponse(problem, JSON.stringify(body), 'application/problem+json');
}

/** Problem documents are for programs; other shapes are shown to models, which hear no remedy. */
function withRemedy(problem: Problem): string {
  const { detail, denial } = problem;
  const described = describeProblem(problem);
  return denial && detail === undefined ? `${described}. ${remedyFor(denial)}` : described;
}

/** The code for whatever was thrown. A stranger's error is `internal`, whatever it says. */
export function toErrorCode(thrown: unknown): ErrorCode {
  return faultCode(thrown) ?? (isOverload(thrown) ? 'overloaded' : 'internal');
}

export function describeProblem({ code, detail, denial }: Problem): string {
  return detail ?? describeDenial(denial) ?? ERROR_CODES[code].title;
}

/** An object that is overloaded is made worse by whoever asks again at once. */
const OVERLOADED_MS = 5_000;

function waitFor({ code, retryAfterMs, denial }: Problem): number | undefined {
  const overloadedMs = code === 'overloaded' ? OVERLOADED_MS : undefined;
  return retryAfterMs ?? denial?.retryAfterMs ?? overloadedMs;
}

/** With the status and the headers of the problem, whatever its body says. */
export function errorResponse(problem: Problem, body: string, contentType: string): Response {
  const headers = new Headers({ 'Content-Type': contentType, 'Cache-Control': 'no-store' });
  const retryAfterMs = waitFor(problem);
  if (retryAfterMs !== undefined) {
    headers.set('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1_000))));
  }
  if (problem.code === 'unauthenticated') headers.set('WWW-Authenticate', 'Bearer');
  return new Response(body, { status: ERROR_CODES[problem.code].status, headers });
}

/** Which check said no, and why; for whoever called, never for a model. */
export function describeDenial(denial: Denial | undefined): string | undefined {
  if (denial === undefined) return undefined;
  const family = denial.family === undefined ? '' : ` (${denial.family})`;
  return `Denied by check "${denial.check}": ${denial.reason}${family}`;
}
