import { expect, test } from 'vitest';
import { tellSessionIndex } from '../../../src/blocks/workspace/tell-session-index.ts';
import type { WorkspaceParts } from '../../../src/blocks/workspace/workspace-parts.ts';
import { DEFAULT_SESSION_POLICY } from '../../../src/core/policy/session-policy.ts';

test('the index is told again where the policy is as before, but was another one meanwhile', async () => {
  const told: number[] = [];
  let revision = 1;
  let isSet = true;
  const parts = {
    workspace: { row: () => ({ policy: { sessions: DEFAULT_SESSION_POLICY }, revision }) },
    timers: { clear: () => (isSet = false) },
    tellSessionIndex: async (_: unknown, heard: number) => {
      told.push(heard);
      // It was changed and changed back.
      if (told.length === 1) revision = 3;
    },
  } as unknown as WorkspaceParts;
  await tellSessionIndex(parts);
  expect([isSet, told]).toEqual([true, [1]]);
  await tellSessionIndex(parts);
  expect([isSet, told]).toEqual([false, [1, 3]]);
});
