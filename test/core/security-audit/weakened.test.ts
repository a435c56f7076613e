import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FLOW_OUTCOMES } from '../../../src/core/policy/flow-rules.ts';
import { DEFAULT_POLICY, policySchema } from '../../../src/core/policy/policy.ts';
import { strengthen } from '../../../src/core/security-audit/weakened.ts';

const MODES = ['off', 'flag', 'redact', 'block'] as const;

const outcome = fc.constantFrom(...FLOW_OUTCOMES);
const row = fc.record({ public: outcome, workspace: outcome, secret: outcome });
const table = fc.record({ trusted: row, untrusted: row });
const kind = fc.record({
  mode: fc.constantFrom(...MODES),
  from: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
});
const stage = fc.record({
  ...{ injection: kind, secrets: kind, personalData: kind },
  uninspected: fc.constantFrom('block' as const, 'flag' as const),
});
/** What was streamed cannot be taken back. */
const streamed = stage.filter(({ injection: { mode } }) => mode === 'off' || mode === 'flag');
const anyPolicy = fc.record({
  scan: fc.record({ input: stage, result: stage, output: streamed }),
  flow: fc
    .record({
      send: table,
      destroy: table,
      change: table,
      untrustedArgument: outcome,
      unaskedCall: outcome,
    })
    .map((rules) => ({ ...DEFAULT_POLICY.flow, ...rules })),
  plugins: fc
    .constantFrom('warn' as const, 'refuse' as const)
    .map((bundledSecrets) => ({ ...DEFAULT_POLICY.plugins, bundledSecrets })),
});

const rankOf = (list: readonly string[], value: string) => list.indexOf(value);

describe('strengthen()', () => {
  test('leaves the default as it is', () => {
    expect(strengthen(DEFAULT_POLICY)).toEqual({ policy: DEFAULT_POLICY, weakenings: [] });
  });

  test('says where it was milder, and what it put there', () => {
    const { injection } = DEFAULT_POLICY.scan.input;
    const input = {
      ...DEFAULT_POLICY.scan.input,
      injection: { ...injection, mode: 'flag' as const },
    };
    const weak = { ...DEFAULT_POLICY, scan: { ...DEFAULT_POLICY.scan, input } };
    expect(strengthen(weak)).toEqual({
      policy: DEFAULT_POLICY,
      weakenings: [{ pointer: '/scan/input/injection/mode', is: 'flag', byDefault: 'block' }],
    });
  });

  test('a scanner as strict as the default must act from as little on', () => {
    const secrets = { mode: 'redact', from: 'high' } as const;
    const output = { ...DEFAULT_POLICY.scan.output, secrets };
    const weak = { ...DEFAULT_POLICY, scan: { ...DEFAULT_POLICY.scan, output } };
    expect(strengthen(weak).weakenings).toEqual([
      { pointer: '/scan/output/secrets/from', is: 'high', byDefault: 'low' },
    ]);
  });

  test('nothing becomes milder, and whatever is strict already stays', () => {
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        const { scan, flow, plugins } = strengthen(policy).policy;
        for (const at of ['input', 'result', 'output'] as const) {
          for (const what of ['injection', 'secrets', 'personalData'] as const) {
            const [now, was] = [scan[at][what], policy.scan[at][what]];
            expect(rankOf(MODES, now.mode)).toBeGreaterThanOrEqual(rankOf(MODES, was.mode));
          }
          if (policy.scan[at].uninspected === 'block') expect(scan[at].uninspected).toBe('block');
        }
        for (const effect of ['send', 'destroy', 'change'] as const) {
          for (const integrity of ['trusted', 'untrusted'] as const) {
            for (const of of ['public', 'workspace', 'secret'] as const) {
              const [now, was] = [flow[effect][integrity][of], policy.flow[effect][integrity][of]];
              expect(rankOf(FLOW_OUTCOMES, now)).toBeGreaterThanOrEqual(rankOf(FLOW_OUTCOMES, was));
            }
          }
        }
        expect(plugins.bundledSecrets).toBe('refuse');
      }),
    );
  });

  test('is done after once, and is still a policy', () => {
    fc.assert(
      fc.property(anyPolicy, (change) => {
        const { policy } = strengthen({ ...DEFAULT_POLICY, ...change });
        expect(strengthen(policy).weakenings).toEqual([]);
        expect(policySchema.safeParse(policy).success).toBe(true);
      }),
    );
  });

  test('touches nothing else', () => {
    fc.assert(
      fc.property(anyPolicy, (change) => {
        const weak = { ...DEFAULT_POLICY, ...change, privateHosts: ['10.0.0.1:80'] };
        const { scan: _, flow, plugins, ...rest } = strengthen(weak).policy;
        const { scan: __, flow: wasFlow, plugins: wasPlugins, ...wasRest } = weak;
        expect(rest).toEqual(wasRest);
        expect(flow.believed).toEqual(wasFlow.believed);
        expect(plugins.trustedKeys).toEqual(wasPlugins.trustedKeys);
      }),
    );
  });
});
