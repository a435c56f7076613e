import { describe, expect, test } from 'vitest';
import { readShape } from '../../../src/core/errors/pointer-errors.ts';
import { DEFAULT_POLICY, POLICY_CEILINGS, policySchema } from '../../../src/core/policy/policy.ts';
import { TURN_LIMIT_CEILINGS } from '../../../src/core/policy/turn-limits.ts';

const read = (policy: object) => readShape(policySchema, policy);
const least = { allow: [], deny: [] };
const errorsOf = (policy: object) => {
  const result = read(policy);
  return result.ok ? [] : result.error.map(({ pointer }) => pointer);
};

describe('policySchema', () => {
  test('needs both lists to be spelled out, and nothing else', () => {
    expect(errorsOf({})).toEqual(['/allow', '/deny']);
    expect(read(least)).toEqual({ ok: true, value: { ...DEFAULT_POLICY, allow: [], deny: [] } });
  });

  test('reads what it has read again as the same', () => {
    expect(read(DEFAULT_POLICY)).toEqual({ ok: true, value: DEFAULT_POLICY });
    const once = read({ allow: ['tool:file:read', 'tool:exec'], deny: ['tool:file'] });
    expect(once.ok && read(once.value)).toEqual(once);
  });

  test('expands bare names: an allow to its resources, a deny to all that begins so', () => {
    const result = read({ allow: ['tool:file:read'], deny: ['tool:file'] });
    expect(result).toMatchObject({
      ok: true,
      value: {
        allow: ['tool:file:read', 'tool:file:read:*'],
        deny: expect.arrayContaining(['tool:file:*']),
      },
    });
  });

  test('reads which plugins may come in', () => {
    const plugins = { requireSignature: true };
    expect(read({ ...least, plugins })).toMatchObject({
      ok: true,
      value: { plugins: { trustedKeys: [], requireSignature: true, bundledSecrets: 'refuse' } },
    });
    expect(errorsOf({ ...least, plugins: { requiresSignature: true } })).toEqual([
      '/plugins/requiresSignature',
    ]);
  });

  test('reports everything that is wrong at once', () => {
    const policy = {
      allow: ['tool::x', 'no:such:thing', 7],
      deny: 'all',
      tierFloor: 'none',
      limits: { maxRounds: 0, maxTurns: 1 },
      rates: { session: { calls: 0, periodMs: 1_000 } },
      budget: {},
    };
    expect(errorsOf(policy).toSorted()).toEqual(
      [
        '/allow/0',
        '/allow/1',
        '/allow/2',
        '/budget',
        '/deny',
        '/limits/maxRounds',
        '/limits/maxTurns',
        '/rates/session/calls',
        '/tierFloor',
      ].toSorted(),
    );
  });

  test.each(Object.entries(TURN_LIMIT_CEILINGS))('bounds %s by %i', (key, ceiling) => {
    expect(errorsOf({ ...least, limits: { [key]: ceiling } })).toEqual([]);
    expect(errorsOf({ ...least, limits: { [key]: ceiling + 1 } })).toEqual([`/limits/${key}`]);
    expect(errorsOf({ ...least, limits: { [key]: 1.5 } })).toEqual([`/limits/${key}`]);
    expect(errorsOf({ ...least, limits: { [key]: -1 } })).toEqual([`/limits/${key}`]);
  });

  test('reads rates of routes by the names that routes have', () => {
    const rate = { calls: 1, periodMs: 1_000 };
    const errors = (routes: object) => errorsOf({ ...least, rates: { routes } });
    expect(errors({ issueToken: rate, callA2a: rate })).toEqual([]);
    expect(errors({ issueToken: { ...rate, calls: 0 } })).toEqual([
      '/rates/routes/issueToken/calls',
    ]);
    for (const name of ['', 'IssueToken', 'issue-token', '/v1/tokens', `a${'b'.repeat(64)}`]) {
      expect(errors({ [name]: rate })).toHaveLength(1);
    }
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`route${at}`, rate]));
    expect(errors(many(POLICY_CEILINGS.routeRates))).toEqual([]);
    expect(errors(many(POLICY_CEILINGS.routeRates + 1))).toEqual(['/rates/routes']);
  });

  test('bounds rates on both sides', () => {
    const { rateCalls, minPeriodMs, maxPeriodMs } = POLICY_CEILINGS;
    const withRate = (calls: number, periodMs: number) =>
      errorsOf({ ...least, rates: { tools: { 'a-tool': { calls, periodMs } } } });
    expect(withRate(1, minPeriodMs)).toEqual([]);
    expect(withRate(rateCalls, maxPeriodMs)).toEqual([]);
    expect(withRate(0, minPeriodMs)).toEqual(['/rates/tools/a-tool/calls']);
    expect(withRate(rateCalls + 1, minPeriodMs - 1)).toHaveLength(2);
    expect(withRate(1, maxPeriodMs + 1)).toEqual(['/rates/tools/a-tool/periodMs']);
  });

  test('takes only names that a tool can have, so that none is an accident of JavaScript', () => {
    const tools = JSON.parse('{"__proto__":{"calls":1,"periodMs":1000},"A b":{}}');
    const pointers = errorsOf({ ...least, rates: { tools } });
    expect(pointers).toContain('/rates/tools/A b');
    const result = read({ ...least, rates: { tools: JSON.parse('{"__proto__":{"calls":1}}') } });
    expect(result.ok ? Object.getPrototypeOf(result.value.rates.tools) : Object.prototype).toBe(
      Object.prototype,
    );
  });

  test('keeps the default model among the models that are allowed', () => {
    expect(errorsOf({ ...least, models: { allow: ['openai/*'] } })).toEqual(['/models/default']);
    expect(
      errorsOf({ ...least, models: { allow: ['openai/*'], default: 'openai/gpt-5' } }),
    ).toEqual([]);
    expect(errorsOf({ ...least, models: { allow: ['*', 'not a model'] } })).toEqual([
      '/models/allow/1',
    ]);
  });

  test.each(['localhost:8080', '127.0.0.1:80', '[::1]:65535', 'db.internal:5432'])(
    'takes %s as a private host',
    (host) => expect(errorsOf({ ...least, privateHosts: [host] })).toEqual([]),
  );

  test.each([
    ...['localhost', ':80', '::1:80', '[127.0.0.1]:80', 'LOCALHOST:80', '127.1:80', 'a:0'],
    ...['a:65536', 'a:080', '*:80', 'http://a:80', 'a:80/x', '[::1]', 'a b:80'],
  ])('refuses %s as a private host', (host) => {
    expect(errorsOf({ ...least, privateHosts: [host] })).toEqual(['/privateHosts/0']);
  });

  test('bounds its lists also after expansion', () => {
    const plain = Array.from({ length: 256 }, (_, index) => `tool:file:read:/${index}`);
    expect(errorsOf({ ...least, allow: plain })).toEqual([]);
    expect(errorsOf({ ...least, allow: [...plain, 'block:send'] })).toEqual(['/allow']);
    expect(errorsOf({ ...least, allow: [...plain.slice(1), 'tool:file:read'] })).toEqual([
      '/allow',
    ]);
  });
});

describe('DEFAULT_POLICY', () => {
  test('allows all families but administration, and denies nothing', () => {
    expect(DEFAULT_POLICY.allow).toContain('tool:network:http:*');
    expect(DEFAULT_POLICY.allow).not.toContain('system:admin');
    expect(DEFAULT_POLICY.deny).toEqual([]);
  });
});
