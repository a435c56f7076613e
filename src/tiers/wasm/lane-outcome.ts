/**
 * From the report of a run to the outcome of its call.
 *
 * @module
 */

import { sha256Hex } from '../../blocks/kit/keys.ts';
import type { RunCost, ToolOutcome } from '../../core/conversation/tool-result.ts';
import { LOWEST_LABEL } from '../../core/policy/labels.ts';
import { HARDENING_VERSION } from '../../wasm-hardening/harden.ts';
import type { PluginFailure, PluginReport } from './isolate/plugin-protocol.ts';
import type { LaneCall } from './lane-call.ts';

/**
 * Milliseconds that a run which was ended from outside gets to say what it has cost. Its host
 * refuses it everything by then, so it ends at once unless it computes.
 */
const LAST_WORDS_MS = 75;

/** How a call ended, and its run's report, which a run that is still computing has not made. */
export interface CallEnding {
  readonly end: 'ok' | PluginFailure;
  readonly report: PluginReport | undefined;
}

/**
 * Waits for the run, or for what ends the call before. Then how the run ended counts no more, and what
 * it has written is dropped, even if it comes to its own end a moment later.
 */
export async function awaitEnding(
  call: LaneCall,
  running: Promise<PluginReport>,
): Promise<CallEnding> {
  const reported = running.then((report) => ({ end: call.endReason ?? report.end, report }));
  const ended = call.whenEnded.then(async (end) => ({ end, report: await lastWords(running) }));
  return Promise.race([reported, ended]);
}

async function lastWords(running: Promise<PluginReport>): Promise<PluginReport | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LAST_WORDS_MS);
  });
  try {
    return await Promise.race([running.catch(() => undefined), silence]);
  } finally {
    clearTimeout(timer);
  }
}

export function toOutcome(call: LaneCall, { end, report }: CallEnding): ToolOutcome {
  const cost = costOf(call, report);
  if (end !== 'ok' || report === undefined) {
    return { kind: 'failed', reason: end === 'ok' ? 'unknown' : end, cost };
  }
  const { claims, read } = call;
  const { codeHash, argumentHash, revision, wasm } = claims;
  const receipt = {
    codeHash,
    argumentHash,
    outputHash: sha256Hex(report.output),
    revision,
    fuel: report.fuel,
    hardeningVersion: HARDENING_VERSION,
    ...(report.engine !== undefined && { engine: report.engine }),
    ...(wasm.configHash !== undefined && { configHash: wasm.configHash }),
  };
  const label = read === LOWEST_LABEL ? {} : { label: read };
  return { kind: 'ok', output: report.output, cost, receipt, ...label };
}

function costOf({ durationMs }: LaneCall, report: PluginReport | undefined): RunCost {
  if (report === undefined) return { durationMs };
  const { fuel, memoryPages, suspendedMs } = report;
  return { durationMs, fuel, memoryPages, suspendedMs };
}
