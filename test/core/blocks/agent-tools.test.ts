import { describe, expect, test } from 'vitest';
import { limitTools } from '../../../src/core/blocks/agent-tools.ts';
import { expandBlockGrants } from '../../../src/core/blocks/block-grants.ts';
import { allows } from '../../../src/core/capabilities/capability-set.ts';
import { parseCapability } from '../../../src/core/capabilities/pattern.ts';

function mayStill(entries: readonly string[], tools: readonly string[], text: string): boolean {
  const limited = limitTools(expandBlockGrants(entries).grants, tools);
  const capability = parseCapability(text);
  if (!capability.ok) throw new Error(text);
  return allows(
    limited.map(({ pattern }) => pattern),
    capability.value,
  );
}

describe('limitTools()', () => {
  test.each([
    [['tool:call:a', 'tool:call:b'], ['a'], 'tool:call:a', true],
    [['tool:call:a', 'tool:call:b'], ['a'], 'tool:call:b', false],
    [['tool:call:*'], ['a'], 'tool:call:a', true],
    [['tool:call:*'], ['a'], 'tool:call:b', false],
    [['tool:call:*'], [], 'tool:call:a', false],
    [['tool:*'], ['a'], 'tool:call:a', true],
    [['tool:*'], ['a'], 'tool:call:b', false],
    [['tool:*'], ['a'], 'tool:file:read:/data/x', true],
    [['CAP_SEND', 'tool:call:a'], [], 'block:send', true],
    [['tool:call:a'], ['b'], 'tool:call:b', false],
    [['tool:call:a'], ['*'], 'tool:call:a', false],
  ] as const)('with %j and the tools %j, %s: %s', (entries, tools, capability, isLeft) => {
    expect(mayStill(entries, tools, capability)).toBe(isLeft);
  });

  test('what ends still ends', () => {
    const { grants } = expandBlockGrants([{ capability: 'tool:call:a', expiresAt: 5 }]);
    expect(limitTools(grants, ['a'])).toEqual([{ pattern: 'tool:call:a', expiresAt: 5 }]);
  });
});
