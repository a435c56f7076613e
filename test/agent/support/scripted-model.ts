/** A model that says what it is told to, step by step. */

import { ModelFault } from '../../../src/agent/model-fault.ts';
import type { ModelChunk, ModelPort, ModelRequest } from '../../../src/agent/ports.ts';
import type { VendorEcho } from '../../../src/core/conversation/message.ts';
import type { Usage } from '../../../src/core/conversation/usage.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface ScriptedCall {
  readonly name: string;
  readonly args?: unknown;
  /** In place of the JSON of `args`. */
  readonly argumentsText?: string;
  readonly id?: string;
}

export interface Step {
  /** Each piece is a chunk of its own. */
  readonly text?: string | readonly string[];
  readonly calls?: readonly ScriptedCall[];
  /** Milliseconds before each chunk. */
  readonly pauseMs?: number;
  /** Broken off with this in place of the end. */
  readonly fault?: unknown;
  /** Ends without an `end` chunk. */
  readonly isCut?: boolean;
  readonly usage?: Usage;
  readonly echo?: VendorEcho;
}

export const USAGE: Usage = { inputTokens: 10, outputTokens: 5, costMicroUsd: 100 };

export class ScriptedModel implements ModelPort {
  readonly requests: ModelRequest[] = [];
  readonly steps: readonly Step[];
  /** Used up first, one a request. */
  readonly faults: Step[] = [];
  worstCase: Usage = { inputTokens: 100, outputTokens: 100, costMicroUsd: 1_000 };
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, steps: readonly Step[]) {
    this.#clock = clock;
    this.steps = steps;
  }

  /** Step n answers the nth round, however often it is asked. */
  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelChunk> {
    this.requests.push(structuredClone(request));
    const round = request.messages.filter(({ role }) => role === 'assistant').length;
    const step = this.faults.shift() ?? this.steps[round] ?? { text: 'The script has ended.' };
    const pieces = typeof step.text === 'string' ? [step.text] : (step.text ?? []);
    for (const text of pieces) {
      if (step.pauseMs !== undefined) await this.#clock.sleep(step.pauseMs, signal);
      if (signal.aborted) return;
      yield { kind: 'text', text };
    }
    for (const [index, call] of (step.calls ?? []).entries()) {
      const argumentsText = call.argumentsText ?? JSON.stringify(call.args ?? {});
      const id = call.id ?? `call_${round}_${index}`;
      yield { kind: 'tool-call', call: { id, name: call.name, argumentsText } };
    }
    if (step.pauseMs !== undefined) await this.#clock.sleep(step.pauseMs, signal);
    if (signal.aborted || step.isCut === true) return;
    if (step.fault !== undefined) throw step.fault;
    const echo = step.echo === undefined ? {} : { echo: step.echo };
    yield { kind: 'end', usage: step.usage ?? USAGE, ...echo };
  }

  reserve(): Usage {
    return this.worstCase;
  }

  price(inputTokens: number, outputTokens: number): Usage {
    return { inputTokens, outputTokens, costMicroUsd: inputTokens + 2 * outputTokens };
  }
}

export function fault(retryable = true): ModelFault {
  return new ModelFault('Cannot get a reply from the provider "test": it must answer', {
    retryable,
  });
}
