/** A tier in memory: counts what it runs by key, and may remember how it ended. */

import type { DispatchPort } from '../../../src/agent/ports.ts';
import type { JournalReceipt } from '../../../src/core/conversation/journal-entry.ts';
import type { ApprovedToolCall } from '../../../src/core/conversation/tool-call.ts';
import type { ToolOutcome } from '../../../src/core/conversation/tool-result.ts';

export type RunTool = (
  call: ApprovedToolCall,
  signal: AbortSignal,
) => ToolOutcome | Promise<ToolOutcome>;

export function outcome(output: string): ToolOutcome {
  return { kind: 'ok', output, cost: { durationMs: 3, fuel: 100 } };
}

export class FakeTier implements DispatchPort {
  /** Runs by idempotency key. */
  readonly runs = new Map<string, number>();
  readonly dispatched: ApprovedToolCall[] = [];
  readonly recalled: string[] = [];
  remembers = true;
  run: RunTool;
  onDispatch: ((call: ApprovedToolCall) => void) | undefined;
  readonly #outcomes = new Map<string, ToolOutcome>();

  constructor(
    run: RunTool = ({ canonicalArguments }) => outcome(JSON.stringify(canonicalArguments)),
  ) {
    this.run = run;
  }

  async dispatch(
    call: ApprovedToolCall,
    receipt: JournalReceipt,
    signal: AbortSignal,
  ): Promise<ToolOutcome> {
    const { callKey, epoch } = call.claims;
    if (!receipt.startedCalls.includes(callKey) || receipt.epoch !== epoch) {
      throw new Error('Dispatched without a receipt');
    }
    this.onDispatch?.(call);
    this.dispatched.push(call);
    this.runs.set(callKey, (this.runs.get(callKey) ?? 0) + 1);
    const ended = await this.run(call, signal);
    this.#outcomes.set(callKey, ended);
    return ended;
  }

  async recall(claims: ApprovedToolCall['claims']): Promise<ToolOutcome | undefined> {
    this.recalled.push(claims.callKey);
    return this.remembers ? this.#outcomes.get(claims.callKey) : undefined;
  }
}
