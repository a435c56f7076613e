/** What is sent twice when the object was reset meanwhile, and what is asked first. */

import { describe, expect, it } from 'vitest';
import type { NodeCall } from '../../../src/blocks/node/node-api.ts';
import { openNodes } from '../../../src/blocks/node/node-client.ts';
import type { ToolOutcome } from '../../../src/core/conversation/tool-result.ts';
import type { WorkspaceId } from '../../../src/core/primitives/ids.ts';
import { claimsOf } from './support/parts.ts';

const DONE: ToolOutcome = { kind: 'ok', output: 'ran', cost: { durationMs: 1 } };
const ANSWER = { kind: 'outcome', outcome: DONE } as const;
const CALL: NodeCall = { claims: claimsOf('call'), argumentsText: '{}', secrets: [] };

/** Its object is reset under the first run. */
function nodesThatAreReset(recalled: ToolOutcome | undefined) {
  const asked: string[] = [];
  const stub = {
    async run() {
      asked.push('run');
      if (asked.length === 1) throw Object.assign(new Error('reset'), { durableObjectReset: true });
      return ANSWER;
    },
    async recall() {
      asked.push('recall');
      return recalled;
    },
  };
  const env = { NODES: { getByName: () => stub } } as unknown as Parameters<typeof openNodes>[0];
  return { nodes: openNodes(env, 'default' as WorkspaceId), asked };
}

describe('a call whose object is reset', () => {
  it('is asked about, and not sent again where it was sent', async () => {
    const { nodes, asked } = nodesThatAreReset(DONE);
    expect(await nodes.run(CALL)).toEqual(ANSWER);
    expect(asked).toEqual(['run', 'recall']);
  });

  it('is sent again where it never was', async () => {
    const { nodes, asked } = nodesThatAreReset(undefined);
    expect(await nodes.run(CALL)).toEqual(ANSWER);
    expect(asked).toEqual(['run', 'recall', 'run']);
  });
});
