import { describe, expect, test } from 'vitest';
import { type Effect, reductionSchema } from '../../../src/core/blocks/effect.ts';
import { effectCapability } from '../../../src/core/blocks/effect-capability.ts';

const read = (effect: object): Effect =>
  reductionSchema.parse({ state: null, effects: [effect] }).effects[0]!;

const key = 'k';

describe('effectCapability()', () => {
  test.each([
    [{ type: 'send', to: 'blk_1', body: 1 }, 'block:send'],
    [{ type: 'reply', body: 1 }, 'block:send'],
    [{ type: 'link', to: 'blk_1' }, 'block:link'],
    [{ type: 'unlink', to: 'blk_1' }, 'block:link'],
    [{ type: 'monitor', to: 'blk_1' }, 'block:monitor'],
    [{ type: 'demonitor', ref: 'mon_1' }, 'block:monitor'],
    [{ type: 'trap-exits', on: true }, 'block:trap_exit'],
    [{ type: 'spawn', ref: 'r', block: { behavior: { kind: 'mailbox' } } }, 'block:spawn'],
    [{ type: 'call-tool', ref: 'r', tool: 'text-stats' }, 'tool:call:text-stats'],
    [{ type: 'memory', ref: 'r', act: { kind: 'get', key } }, 'storage:memory:read'],
    [{ type: 'memory', ref: 'r', act: { kind: 'list' } }, 'storage:memory:read'],
    [{ type: 'memory', ref: 'r', act: { kind: 'put', key, value: 1 } }, 'storage:memory:write'],
    [{ type: 'memory', ref: 'r', act: { kind: 'delete', key } }, 'storage:memory:write'],
    [{ type: 'db', ref: 'r', name: 'orders', act: { kind: 'get', key } }, 'storage:db:orders'],
    [{ type: 'env', ref: 'r', name: 'REGION' }, 'system:env:read:REGION'],
    [{ type: 'exit', reason: 'normal' }, undefined],
    [{ type: 'timer', timerId: 't', afterMs: 0 }, undefined],
    [{ type: 'cancel-timer', timerId: 't' }, undefined],
  ])('of %j is %s', (effect, capability) => {
    expect(effectCapability(read(effect))).toBe(capability);
  });
});

describe('an effect that is none', () => {
  const isRead = (effect: object): boolean =>
    reductionSchema.safeParse({ state: null, effects: [effect] }).success;

  test.each([
    { type: 'grant', capability: 'system:admin' },
    { type: 'call-tool', tool: 'text-stats' },
    { type: 'call-tool', ref: 'r', tool: 'Not A Tool' },
    { type: 'call-tool', ref: '', tool: 'text-stats' },
    { type: 'db', ref: 'r', name: 'a:b', act: { kind: 'get', key } },
    { type: 'db', ref: 'r', name: '*', act: { kind: 'get', key } },
    { type: 'env', ref: 'r', name: '../x' },
    { type: 'env', ref: 'r', name: 'x'.repeat(65) },
    { type: 'memory', ref: 'r', act: { kind: 'erase' } },
    { type: 'memory', ref: 'r', act: { kind: 'list', limit: 101 } },
    { type: 'spawn', ref: 'r', block: { behavior: { kind: 'mailbox' }, name: 'taken' } },
  ])('%j is refused', (effect) => {
    expect(isRead(effect)).toBe(false);
  });
});
