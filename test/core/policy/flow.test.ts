import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decideEffects,
  decideSend,
  effectOf,
  effectsOfCall,
} from '../../../src/core/policy/flow.ts';
import { DEFAULT_FLOW_RULES, FLOW_OUTCOMES } from '../../../src/core/policy/flow-rules.ts';
import { isLabel, joinLabels, type Label } from '../../../src/core/policy/labels.ts';

const label: fc.Arbitrary<Label> = fc.record({
  integrity: fc.constantFrom('trusted', 'untrusted'),
  confidentiality: fc.constantFrom('public', 'workspace', 'secret'),
});
const effect = fc.record({
  sendsOut: fc.boolean(),
  hearsOutsiders: fc.boolean(),
  readsPrivate: fc.boolean(),
});

const NOTHING = { sendsOut: false, hearsOutsiders: false, readsPrivate: false };
const EVERYTHING = { sendsOut: true, hearsOutsiders: true, readsPrivate: true };

describe('effectOf()', () => {
  test.each([
    [[], NOTHING],
    [['tool:call:x'], NOTHING],
    [['tool:file:write:{path}', 'storage:memory:write'], NOTHING],
    [['tool:file:read:{path}'], { ...NOTHING, readsPrivate: true }],
    [['storage:db:main'], { ...NOTHING, readsPrivate: true }],
    [['storage:memory:read'], { ...NOTHING, readsPrivate: true }],
    [
      ['tool:network:http:{url.host}:{url.port}'],
      { ...NOTHING, sendsOut: true, hearsOutsiders: true },
    ],
    [['tool:network:websocket:a.dev:443'], { ...NOTHING, sendsOut: true, hearsOutsiders: true }],
    [['channel:send:telegram'], { ...NOTHING, sendsOut: true }],
    [['channel:manage'], { ...NOTHING, sendsOut: true }],
    [['channel:receive:telegram'], { ...NOTHING, hearsOutsiders: true, readsPrivate: true }],
    [['storage:workspace:read'], { ...NOTHING, readsPrivate: true }],
    [['session:read'], { ...NOTHING, readsPrivate: true }],
    [['system:env:read:{name}'], { ...NOTHING, readsPrivate: true }],
    [['system:secret:use:{name}'], { ...NOTHING, readsPrivate: true }],
    [['system:config:read'], { ...NOTHING, readsPrivate: true }],
    [['system:audit:read'], { ...NOTHING, readsPrivate: true }],
    [
      ['tool:file:read:{a}', 'channel:send:{b}'],
      { ...NOTHING, sendsOut: true, readsPrivate: true },
    ],
  ])('of %j', (requires, expected) => {
    expect(effectOf(requires)).toEqual(expected);
  });

  test('takes the worst of a template whose family is open', () => {
    expect(effectOf(['{anything}'])).toEqual(EVERYTHING);
    expect(effectOf(['*'])).toEqual(EVERYTHING);
    expect(effectOf(['tool:{family}:{path}'])).toMatchObject({
      sendsOut: true,
      readsPrivate: true,
    });
  });

  test('is not taken in by a name that only begins like a family', () => {
    expect(effectOf(['tool:file:reader:{path}', 'channel:sender'])).toEqual(NOTHING);
  });
});

describe('decideSend()', () => {
  test('asks where private data, an outsider’s text and a way out meet, and nowhere else', () => {
    fc.assert(
      fc.property(label, effect, (turn, does) => {
        const isPrivate = turn.confidentiality === 'secret' || does.readsPrivate;
        const meets = does.sendsOut && isPrivate && turn.integrity === 'untrusted';
        expect(decideSend(turn, does, DEFAULT_FLOW_RULES)).toBe(meets ? 'ask' : 'allow');
      }),
    );
  });

  test('never allows after more was read what it did not allow before', () => {
    fc.assert(
      fc.property(label, label, effect, (before, read, does) => {
        if (decideSend(before, does, DEFAULT_FLOW_RULES) === 'allow') return;
        expect(decideSend(joinLabels(before, read), does, DEFAULT_FLOW_RULES)).not.toBe('allow');
      }),
    );
  });
});

describe('effectsOfCall()', () => {
  const claims = (annotations: object, requires: string[] = []) =>
    effectsOfCall({ annotations, requires });

  test('takes the worst of a tool that says nothing, and its word only where no capability speaks', () => {
    expect(claims({})).toEqual(['change', 'destroy']);
    expect(claims({ destructiveHint: false })).toEqual(['change']);
    expect(claims({ readOnlyHint: true })).toEqual([]);
    expect(claims({ readOnlyHint: true, openWorldHint: true })).toEqual([]);
    expect(claims({ readOnlyHint: true }, ['tool:network:http:{url.host}:{url.port}'])).toEqual([
      'send',
    ]);
    expect(claims({ readOnlyHint: true }, ['tool:file:write:{path}'])).toEqual([
      'change',
      'destroy',
    ]);
    expect(claims({ openWorldHint: true, destructiveHint: false })).toEqual(['send', 'change']);
  });

  test.each([
    ...['tool:file:write:{path}', 'tool:exec', 'tool:exec:{program}', 'storage:workspace:write'],
    ...['storage:memory:write', 'storage:db:{name}', 'channel:send:{to}', 'channel:manage'],
  ])('believes nobody that he only reads who holds %s', (capability) => {
    expect(claims({ readOnlyHint: true }, [capability])).toContain('change');
    expect(claims({ readOnlyHint: true }, ['tool:file:read:{path}', capability])).toContain(
      'destroy',
    );
  });

  test('each is decided by its own table, and the strictest answer counts', () => {
    const tool = { annotations: {}, requires: ['channel:send:{to}'] };
    fc.assert(
      fc.property(
        label,
        fc.constantFrom(...FLOW_OUTCOMES),
        fc.constantFrom(...FLOW_OUTCOMES),
        (turn, a, b) => {
          const { integrity, confidentiality } = turn;
          const table = (outcome: typeof a) => ({
            ...DEFAULT_FLOW_RULES.change,
            [integrity]: { ...DEFAULT_FLOW_RULES.change[integrity], [confidentiality]: outcome },
          });
          const rules = {
            ...DEFAULT_FLOW_RULES,
            send: DEFAULT_FLOW_RULES.change,
            change: table(a),
            destroy: table(b),
          };
          const order = Math.max(FLOW_OUTCOMES.indexOf(a), FLOW_OUTCOMES.indexOf(b));
          expect(decideEffects(turn, tool, rules)).toBe(FLOW_OUTCOMES[order]);
        },
      ),
    );
  });
});

describe('joinLabels()', () => {
  test('is commutative, associative and idempotent, so the order of reading does not matter', () => {
    fc.assert(
      fc.property(label, label, label, (a, b, c) => {
        expect(joinLabels(a, b)).toEqual(joinLabels(b, a));
        expect(joinLabels(a, joinLabels(b, c))).toEqual(joinLabels(joinLabels(a, b), c));
        expect(joinLabels(a, a)).toEqual(a);
      }),
    );
  });
});

describe('isLabel()', () => {
  test('knows a label from what is none', () => {
    fc.assert(fc.property(label, isLabel));
    const none: unknown[] = [
      undefined,
      {},
      { integrity: 'trusted' },
      { integrity: 'TRUSTED', confidentiality: 'public' },
      { integrity: 'trusted', confidentiality: 'none' },
    ];
    for (const value of none) expect(isLabel(value as Label | undefined)).toBe(false);
  });
});
