import { describe, expect, test } from 'vitest';
import { memoryPolicySchema, summaryModelOf } from '../../../src/core/policy/memory-policy.ts';

const reads = (summaries: unknown) => memoryPolicySchema.safeParse({ summaries }).success;

describe('the model that summarises', () => {
  test.each(['own', 'openai/gpt-6-luna', 'alias/fast', 'workers-ai/@cf/openai/gpt-oss-120b'])(
    'may be %s',
    (name) => expect(reads(name)).toBe(true),
  );

  test.each(['', 'other', 'embedded/script', 'embedded/planner', 7, null])(
    'may not be %j',
    (name) => expect(reads(name)).toBe(false),
  );

  test.each([
    [undefined, 'openai/x', undefined],
    ['openai/y', 'openai/x', 'openai/y'],
    ['openai/y', undefined, 'openai/y'],
    ['own', 'openai/x', 'openai/x'],
    ['own', 'default/librarian', 'default/librarian'],
    ['own', undefined, undefined],
    ['own', 'embedded/script', undefined],
  ])('where %s is named and %s is asked, is %s', (summaries, own, model) => {
    expect(summaryModelOf(summaries === undefined ? {} : { summaries }, own)).toBe(model);
  });
});
