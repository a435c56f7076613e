import { describe, expect, test } from 'vitest';
import {
  DEFAULT_FLOW_RULES,
  FLOW_CEILINGS,
  FLOW_OUTCOMES,
  flowRulesSchema,
  strictestOutcome,
} from '../../../src/core/policy/flow-rules.ts';

const isAdmitted = (rules: object) => flowRulesSchema.safeParse(rules).success;

describe('the flow rules of a policy', () => {
  test('have their defaults where nothing is said, and read again are the same', () => {
    expect(flowRulesSchema.parse({})).toEqual(DEFAULT_FLOW_RULES);
    expect(flowRulesSchema.parse(DEFAULT_FLOW_RULES)).toEqual(DEFAULT_FLOW_RULES);
    const strict = flowRulesSchema.parse({ send: { untrusted: { secret: 'deny' } } });
    expect(strict.send.untrusted).toEqual({ public: 'allow', workspace: 'allow', secret: 'deny' });
    expect(strict.send.trusted).toEqual(DEFAULT_FLOW_RULES.send.trusted);
  });

  test('never let private data, an outsider’s text and a way out meet without a question', () => {
    expect(DEFAULT_FLOW_RULES.send.untrusted.secret).toBe('ask');
    expect(DEFAULT_FLOW_RULES.untrustedArgument).toBe('ask');
    expect(DEFAULT_FLOW_RULES.unaskedCall).toBe('ask');
  });

  test('have known members and outcomes only', () => {
    expect(isAdmitted({ sends: {} })).toBe(false);
    expect(isAdmitted({ untrustedArgument: 'permit' })).toBe(false);
    expect(isAdmitted({ send: { untrusted: { private: 'ask' } } })).toBe(false);
    expect(isAdmitted({ believed: ['No Tool'] })).toBe(false);
    expect(isAdmitted({ constants: [''] })).toBe(false);
  });

  test('have lists up to their ceilings', () => {
    const constants = (length: number) => ({ constants: Array(length).fill('a') });
    expect(isAdmitted(constants(FLOW_CEILINGS.constants))).toBe(true);
    expect(isAdmitted(constants(FLOW_CEILINGS.constants + 1))).toBe(false);
    const constant = (length: number) => ({ constants: ['a'.repeat(length)] });
    expect(isAdmitted(constant(FLOW_CEILINGS.constantLength))).toBe(true);
    expect(isAdmitted(constant(FLOW_CEILINGS.constantLength + 1))).toBe(false);
    const believed = (length: number) => ({ believed: Array(length).fill('search') });
    expect(isAdmitted(believed(FLOW_CEILINGS.tools))).toBe(true);
    expect(isAdmitted(believed(FLOW_CEILINGS.tools + 1))).toBe(false);
  });
});

describe('strictestOutcome()', () => {
  test('is the strictest of all, and allows where nobody objects', () => {
    expect(strictestOutcome([])).toBe('allow');
    expect(strictestOutcome(['ask', 'allow'])).toBe('ask');
    expect(strictestOutcome(['ask', 'deny', 'allow'])).toBe('deny');
    for (const outcome of FLOW_OUTCOMES) expect(strictestOutcome([outcome])).toBe(outcome);
  });
});
