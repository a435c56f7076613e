import { describe, expect, test } from 'vitest';
import { agentNameOf, agentsSchema, findAgent } from '../../../src/core/policy/agent-policy.ts';

const AGENTS = { helper: { model: 'openai/gpt-6-luna' } };

describe('findAgent()', () => {
  test('finds an agent of its own workspace alone', () => {
    expect(findAgent(AGENTS, 'acme', 'acme/helper')).toBe(AGENTS.helper);
    expect(findAgent(AGENTS, 'acme', 'other/helper')).toBeUndefined();
    expect(findAgent(AGENTS, 'acme', 'acme-2/helper')).toBeUndefined();
  });

  test.each([
    'acme/',
    'acme//helper',
    'acme/helper/',
    'acme/Helper',
    'acme/../acme/helper',
    'acme',
  ])('finds none as %s', (name) => {
    expect(agentNameOf('acme', name)).toBeUndefined();
  });

  test('finds nothing that every object has', () => {
    for (const name of ['constructor', 'tostring', 'valueof']) {
      expect(findAgent({}, 'acme', `acme/${name}`)).toBeUndefined();
    }
  });

  test('leaves the names of aliases and of what runs in the gateway alone', () => {
    for (const workspace of ['alias', 'embedded']) {
      expect(findAgent(AGENTS, workspace, `${workspace}/helper`)).toBeUndefined();
    }
  });
});

describe('agentsSchema', () => {
  const agents = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, AGENTS.helper]));

  test('takes so many agents and no more', () => {
    expect(agentsSchema.safeParse(agents(64)).success).toBe(true);
    expect(agentsSchema.safeParse(agents(65)).success).toBe(false);
  });

  test('takes no agent without a model, and nothing that nobody knows', () => {
    expect(agentsSchema.safeParse({ a: {} }).success).toBe(false);
    expect(agentsSchema.safeParse({ a: { ...AGENTS.helper, allow: ['*'] } }).success).toBe(false);
    expect(agentsSchema.safeParse(undefined)).toEqual({ success: true, data: {} });
  });
});
