import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findCovering } from '../../../src/core/capabilities/capability-set.ts';
import { expandGrants } from '../../../src/core/capabilities/expand.ts';
import { holdsAllOf } from '../../../src/core/capabilities/hold-all.ts';
import { narrowToUse } from '../../../src/core/security-audit/narrow-to-use.ts';
import {
  findUsed,
  type RecordedEvent,
} from '../../../src/core/security-audit/used-capabilities.ts';
import { CALL, patterns } from './support/clean-facts.ts';

const TOOLS = [
  { name: 'fetch', requires: ['tool:network:http:{host}:{port}'], annotations: {} },
  { name: 'read', requires: ['tool:file:read:{path}'], annotations: {} },
  { name: 'note', requires: ['storage:workspace:write'], annotations: {} },
];

const { tool: _, ...ACTION } = CALL;
const call = (tool: string, change: Partial<RecordedEvent> = {}): RecordedEvent => ({
  ...CALL,
  tool,
  ...change,
});
const least = (grants: readonly string[], events: readonly RecordedEvent[]) =>
  narrowToUse(grants, findUsed(events, TOOLS));

describe('narrowToUse()', () => {
  test('keeps the tools that were called, and no others', () => {
    const { enough, unused, isLess, isSensitive } = least(
      ['tool:call', 'tool:call:*'],
      [call('note')],
    );
    expect({ enough, unused, isLess, isSensitive }).toEqual({
      ...{ enough: ['tool:call:note'], unused: [] },
      ...{ isLess: true, isSensitive: false },
    });
  });

  test('names the hosts that were reached', () => {
    const events = [
      call('fetch'),
      call('fetch', { action: 'host-call', resource: 'a.example:443' }),
    ];
    const { enough } = least(['tool:call:fetch', 'tool:network:http:*'], events);
    expect(enough).toEqual(['tool:call:fetch', 'tool:network:http:a.example:443']);
  });

  test('writes an IPv6 host as a capability has it', () => {
    const events = [call('fetch', { action: 'host-call', resource: '[2001:db8::1]:443' })];
    expect(least(['tool:network:http:*'], events).enough).toEqual([
      'tool:network:http:2001%3Adb8%3A%3A1:443',
    ]);
  });

  test('keeps a grant whole where the record does not say what it was used for', () => {
    const held = ['tool:call:read', 'tool:file:read:/data/*'];
    expect(least(held, [call('read')])).toMatchObject({ enough: held, unused: [], isLess: false });
  });

  test('keeps what leaves no mark: looking is on nobody’s record', () => {
    const held = ['session:read', 'system:audit:read', 'storage:workspace:read'];
    expect(least(held, [])).toMatchObject({ enough: held, unused: [], isLess: false });
  });

  test('cuts a star over many families to those that were used, or leave no mark', () => {
    const events = [{ ...ACTION, action: 'session-created' }];
    expect(least(['session:*'], events).enough).toEqual(['session:create', 'session:read']);
  });

  test('takes no refusal for a use', () => {
    const denied = call('note', { decision: 'denied' });
    const { enough, unused, isLess } = least(['tool:call:note'], [denied]);
    expect({ enough, unused, isLess }).toEqual({
      enough: [],
      unused: ['tool:call:note'],
      isLess: true,
    });
  });

  test.each([
    ['tool:exec', true],
    ['system:secret:write', true],
    ['session:delete', false],
  ])('says of unused %s whether an attacker would like it: %s', (grant, isSensitive) => {
    expect(least([grant], []).isSensitive).toBe(isSensitive);
  });

  const GRANTS = [
    ...['tool:*', 'tool:call', 'tool:call:note', 'tool:call:f*', 'tool:network:http:*.example:443'],
    ...['session:*', 'session:create', 'system:*', 'provider:*', 'provider:llm:call:a%2Fb', '*'],
    ...[
      'tool:file:*',
      'tool:file:read:/data/*',
      'storage:*',
      'block:*',
      'block:spawn',
      'channel:send:x',
    ],
  ];
  const EVENTS = [
    ...TOOLS.map(({ name }) => call(name)),
    call('fetch', { action: 'host-call', resource: 'a.example:443' }),
    call('read', { action: 'host-call', resource: 'tool:file:read' }),
    ...[
      'session-created',
      'turn-admitted',
      'block-spawned',
      'token-issued',
      'retention-changed',
    ].map((action) => ({ ...ACTION, action })),
    { ...ACTION, action: 'model-called', model: 'anthropic/claude' },
  ];

  test('what is enough is never more than what is held, and never less than what was used of it', () => {
    fc.assert(
      fc.property(fc.subarray(GRANTS), fc.subarray(EVENTS), (grants, events) => {
        const held = patterns(...expandGrants(grants).patterns);
        const used = findUsed(events, TOOLS);
        const { enough } = narrowToUse(held, used);
        const again = patterns(...expandGrants(enough).patterns);
        for (const pattern of again) expect(holdsAllOf(held, pattern)).toBe(true);
        for (const capability of patterns(...used.exact)) {
          if (findCovering(held, capability) === undefined) continue;
          expect([capability, findCovering(again, capability)]).not.toEqual([
            capability,
            undefined,
          ]);
        }
      }),
    );
  });

  test('there is nothing to take from what is enough', () => {
    fc.assert(
      fc.property(fc.subarray(GRANTS), fc.subarray(EVENTS), (grants, events) => {
        const used = findUsed(events, TOOLS);
        const { enough } = narrowToUse(expandGrants(grants).patterns, used);
        const again = narrowToUse(expandGrants(enough).patterns, used);
        expect([...again.enough].sort()).toEqual([...enough].sort());
      }),
    );
  });
});
