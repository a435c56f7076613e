import { Validator } from '@cfworker/json-schema';
import { describe, expect, test } from 'vitest';
import { deny } from '../../src/core/errors/denial.ts';
import { ERROR_WRITERS } from '../../src/gateway/client-errors.ts';
import { type Problem, toErrorCode, toProblemResponse } from '../../src/gateway/error-response.ts';
import { ERROR_SCHEMAS } from '../../src/gateway/openapi-responses.ts';

const REPEAT: readonly (readonly [string, Omit<Problem, 'requestId'>])[] = [
  ['a model that failed before any call', { code: 'model_failed' }],
  ['a rate of a minute', { code: 'rate_limited', retryAfterMs: 60_000 }],
  ['a turn that its key finds again', { code: 'deadline_exceeded', goesOn: true }],
];

const LET_IT_BE: typeof REPEAT = [
  ['a model that refused the request', { code: 'model_refused' }],
  ['a model that failed after a call', { code: 'model_failed', hasRun: true }],
  ['a longer rate', { code: 'rate_limited', retryAfterMs: 60_001 }],
  ['a budget that never comes back', { code: 'budget_exhausted' }],
  ['a turn that took too long', { code: 'deadline_exceeded' }],
  ['a turn that waits for a human', { code: 'approval_needed' }],
];

describe.each(['openai', 'anthropic'] as const)('an error in the shape of %s', (shape) => {
  const header = (problem: Omit<Problem, 'requestId'>) =>
    ERROR_WRITERS[shape]({ ...problem, requestId: 'req_1' }).headers.get('X-Should-Retry');

  test.each(REPEAT)('leaves it to the client to repeat after %s', (_, problem) => {
    expect(header(problem)).toBeNull();
  });

  test.each(LET_IT_BE)('tells the client to let it be after %s', (_, problem) => {
    expect(header(problem)).toBe('false');
  });
});

test.each([
  ['malformed_json', -32_700],
  ['invalid_body', -32_602],
  ['denied', -32_000],
  ['internal', -32_603],
] as const)('an error of JSON-RPC after %s has the code of the protocol', async (code, rpcCode) => {
  const response = ERROR_WRITERS['json-rpc']({ code, requestId: 'req_1', rpcId: 7 });
  expect(await response.json()).toMatchObject({ id: 7, error: { code: rpcCode, data: { code } } });
});

test('an object that is overloaded is no mistake of ours, and is not asked again at once', () => {
  const platforms = { overloaded: true, retryable: true };
  const thrown = Object.assign(new Error('Durable Object is overloaded.'), platforms);
  const response = toProblemResponse({ code: toErrorCode(thrown), requestId: 'req_1' });
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('Retry-After'))).toBeGreaterThanOrEqual(5);
  expect(toErrorCode(Object.assign(new Error(), { overloaded: 'no' }))).toBe('internal');
});

test.each([
  ['problem', 'Problem'],
  ['openai', 'OpenAiError'],
  ['anthropic', 'AnthropicError'],
  ['json-rpc', 'JsonRpcError'],
] as const)('an error in the shape of %s is described to its last member', async (shape, name) => {
  const facts = { pointer: '/text', findings: ['injection:override'], retryAfterMs: 1 };
  const lists = { added: [], widened: [], removed: [], undenied: [], loosened: [] };
  const everything: Required<Omit<Problem, 'hasRun' | 'goesOn' | 'rpcId'>> = {
    code: 'denied',
    requestId: 'req_1',
    detail: 'No',
    errors: [{ pointer: '/a', detail: 'must be text' }],
    denial: deny('structure', 'schema_mismatch', facts),
    cost: { durationMs: 1, fuel: 2, memoryPages: 3, suspendedMs: 4 },
    growth: { ...lists, digest: 'a'.repeat(64) },
    approvalId: 'apr_1',
    reason: 'no_such_thing',
    retryAfterMs: 1,
  };
  const answer: object = await ERROR_WRITERS[shape](everything).json();
  const members = ERROR_SCHEMAS[name].properties;
  expect(Object.keys(answer).filter((member) => !Object.hasOwn(members, member))).toEqual([]);
  expect(
    new Validator(structuredClone<object>(ERROR_SCHEMAS[name]), '2020-12').validate(answer).errors,
  ).toEqual([]);
});
