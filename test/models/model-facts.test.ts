import { describe, expect, test } from 'vitest';
import { factsOf, findIncapability, type ModelNeeds } from '../../src/models/model-facts.ts';

const NEEDS: ModelNeeds = { kind: 'language', tools: false, streaming: false, inputTokens: 0 };
const stated = (facts: unknown) => ({ MODEL_CAPABILITIES: JSON.stringify({ 'mine/m': facts }) });

describe('factsOf()', () => {
  test('says of a model that nobody has described that it talks, calls tools and streams', () => {
    expect(factsOf({}, 'mine/m')).toEqual({
      kind: 'language',
      tools: true,
      vision: false,
      streaming: true,
    });
    expect(factsOf({}, 'mine/nomic-embed-text')).toMatchObject({ kind: 'embedding', tools: false });
  });

  test('believes the operator, member by member', () => {
    const facts = { tools: false, contextTokens: 8_192, dimensions: 'many', kind: 'other' };
    expect(factsOf(stated(facts), 'mine/m')).toEqual({
      ...factsOf({}, 'mine/m'),
      tools: false,
      contextTokens: 8_192,
    });
  });

  test('lets no word make a model see', () => {
    expect(factsOf(stated({ vision: true }), 'mine/m').vision).toBe(false);
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['nothing', 'null'],
    ['text', '{"mine/m": "x"}'],
    ['null', '{"mine/m": null}'],
    ['a bad size', '{"mine/m": {"contextTokens": -1, "dimensions": 1e99, "tools": "no"}}'],
  ])('ignores %s', (_, MODEL_CAPABILITIES) => {
    expect(factsOf({ MODEL_CAPABILITIES }, 'mine/m')).toEqual(factsOf({}, 'mine/m'));
    expect(factsOf({ MODEL_CAPABILITIES }, '__proto__')).toEqual(factsOf({}, 'mine/m'));
  });
});

describe('findIncapability()', () => {
  const facts = factsOf(stated({ tools: false, streaming: false, contextTokens: 100 }), 'mine/m');

  test('names the first need that is not met, and a context on both sides of its bound', () => {
    expect(findIncapability(facts, NEEDS)).toBeUndefined();
    expect(findIncapability(facts, { ...NEEDS, kind: 'embedding' })).toBe('kind');
    expect(findIncapability(facts, { ...NEEDS, tools: true })).toBe('tools');
    expect(findIncapability(facts, { ...NEEDS, streaming: true })).toBe('streaming');
    expect(findIncapability(facts, { ...NEEDS, inputTokens: 100 })).toBeUndefined();
    expect(findIncapability(facts, { ...NEEDS, inputTokens: 101 })).toBe('context');
  });

  test('lets a context that nobody knows hold anything', () => {
    expect(findIncapability(factsOf({}, 'mine/m'), { ...NEEDS, inputTokens: 1e9 })).toBeUndefined();
  });
});
