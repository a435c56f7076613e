import { describe, expect, test } from 'vitest';
import {
  allowsModel,
  isEmbeddedModel,
  MODEL_NAME,
  matchesModel,
} from '../../../src/core/policy/model-name.ts';

describe('matchesModel()', () => {
  test.each([
    ['*', 'embedded/planner', true],
    ['anthropic/*', 'anthropic/claude-x', true],
    ['anthropic/*', 'openai/gpt', false],
    ['*/gpt-*-mini', 'openai/gpt-5-mini', true],
    ['openai/gpt-5', 'openai/gpt-5-mini', false],
    ['ollama/*', 'ollama/llama3.2:3b', true],
    ['a/b*b', 'a/b', false],
    ['a/b*b', 'a/bb', true],
    ['a*b*c', 'axbxc', true],
    ['a*b*c', 'acb', false],
    ['a*x*c', 'abc', false],
    ['a*bc*c', 'abc', false],
    ['a*bc*c', 'abcc', true],
    ['a*b*b*c', 'abc', false],
    ['a*b*b*c', 'abbc', true],
    ['openai/gpt-5', 'openai/gpt-5', true],
    ['', '', true],
  ])('%s against %s is %s', (glob, model, expected) => {
    expect(matchesModel(glob, model)).toBe(expected);
  });

  test('ends at once on a glob that would make a backtracking matcher hang', () => {
    expect(matchesModel(`${'a*'.repeat(90)}b`, 'a'.repeat(190))).toBe(false);
  });
});

test('an empty list allows no model', () => {
  expect(allowsModel([], 'embedded/planner')).toBe(false);
  expect(allowsModel(['openai/*', 'embedded/*'], 'embedded/planner')).toBe(true);
});

test('only the provider embedded is part of the deployment', () => {
  expect(isEmbeddedModel('embedded/planner')).toBe(true);
  expect(isEmbeddedModel('embedded-2/planner')).toBe(false);
  expect(isEmbeddedModel('openai/embedded/planner')).toBe(false);
});

test.each(['gpt-5', '/gpt', 'openai/', 'Open AI/gpt', 'openai/g pt', 'openai/*', 'openai/\n'])(
  '%j is no name of a model',
  (text) => expect(MODEL_NAME.test(text)).toBe(false),
);
