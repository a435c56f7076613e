/** How long a client of MCP is waited for, with a session that says at once how its call stands. */

import type { ServerContext } from '@modelcontextprotocol/server';
import { describe, expect, test } from 'vitest';
import { toTurnId } from '../../src/core/primitives/ids.ts';
import { ok } from '../../src/core/primitives/result.ts';
import type { ToolCallPlan } from '../../src/gateway/call-tool.ts';
import { followCall } from '../../src/gateway/mcp/await-call.ts';

/** As long as a tool of a machine may take, and wait for its turn there. */
const LONGEST_CALL_MS = 660_000;

const DONE = { kind: 'failed', code: 'cancelled' } as const;

/** A call that ends after so long; `asked` counts what a Worker may ask a thousand times. */
function openScene(takesMs: number) {
  let [waitedMs, asked, cancelled] = [0, 0, 0];
  const session = {
    runProgram: async (_: unknown, pauseMs: number) => {
      asked += 1;
      waitedMs += pauseMs;
      return ok(waitedMs < takesMs ? undefined : DONE);
    },
    admitTurn: async () => ok({ turnId: toTurnId('0'.repeat(32)) }),
    events: async () => {
      asked += 1;
      return { events: [], ended: false };
    },
    cancelTurn: async () => {
      cancelled += 1;
    },
  };
  const mcpReq = {
    _meta: { progressToken: 1 },
    signal: AbortSignal.any([]),
    notify: async () => {},
  };
  return {
    plan: { session, admission: {} } as unknown as ToolCallPlan,
    context: { mcpReq } as unknown as ServerContext,
    counts: () => ({ asked, cancelled }),
  };
}

describe('followCall()', () => {
  test('waits for the longest call that there is, in fewer requests than a Worker has', async () => {
    const { plan, context, counts } = openScene(LONGEST_CALL_MS);
    expect(await followCall(plan, context)).toEqual(DONE);
    expect(counts().cancelled).toBe(0);
    expect(counts().asked).toBeLessThan(1_000);
  });

  test('cancels what takes longer, which nobody could find again', async () => {
    const { plan, context, counts } = openScene(Number.POSITIVE_INFINITY);
    await expect(followCall(plan, context)).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(counts().cancelled).toBe(1);
  });
});
