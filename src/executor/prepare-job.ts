/**
 * What a call becomes on this machine, by what is there and what its owner lets it do.
 *
 * @module
 */

import { narrowerLimits } from '../core/manifest/executor-limits.ts';
import { isJsonObject, type JsonObject } from '../core/primitives/json.ts';
import { parseJson } from '../core/primitives/parse-json.ts';
import type { AcceptedCall } from './call-ledger.ts';
import type { Failure, Job } from './job.ts';
import type { LocalPolicy } from './local-policy.ts';
import { rulesOf } from './plan-access.ts';
import type { LocalPlugin } from './plugin-catalogue.ts';
import type { OfferedTicket, VerifiedTicket } from './verify-ticket.ts';

const MAX_ARGUMENT_BYTES = 4_194_304;
const MAX_ARGUMENT_DEPTH = 512;

/** Written down, and to be run. */
export interface TakenCall {
  readonly call: AcceptedCall;
  readonly offered: OfferedTicket;
  readonly ticket: VerifiedTicket;
  /** Gives back the slot that it was taken with; absent: it waits for one. */
  readonly leave?: () => void;
}

interface Machine {
  readonly policy: LocalPolicy;
  readonly plugins: readonly LocalPlugin[];
  readonly progress: (callKey: string, text: string) => void;
  readonly begin: (callKey: string) => void;
}

export function prepareJob(
  { policy, plugins, progress, begin }: Machine,
  { offered, ticket }: TakenCall,
  signal: AbortSignal,
): Job | Failure {
  const { argumentsText, configText } = offered;
  const { call } = ticket;
  const plugin = plugins.find(({ name }) => name === call.plugin);
  if (plugin === undefined || plugin.codeHash !== call.codeHash || plugin.tier !== call.tier) {
    return 'tier_unavailable';
  }
  const args = readObject(argumentsText);
  const config = configText === undefined ? undefined : readObject(configText);
  if (args === undefined) return 'plugin_error';
  return {
    ...{ ticket, plugin, signal, arguments: args, secrets: [] },
    ...(config && { config }),
    rules: rulesOf(ticket, policy),
    limits: narrowerLimits(call.executor.limits, policy.limits),
    onProgress: (text) => progress(call.callKey, text),
    willRun: () => begin(call.callKey),
  };
}

function readObject(text: string): JsonObject | undefined {
  const limits = { maxBytes: MAX_ARGUMENT_BYTES, maxDepth: MAX_ARGUMENT_DEPTH };
  const json = parseJson(text, limits);
  return json.ok && isJsonObject(json.value) ? json.value : undefined;
}
