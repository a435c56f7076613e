/**
 * Protocol `json`: one JSON object on standard input, the answer on standard output, exit code 0.
 *
 * @module
 */

import { canonicalJson } from '../core/primitives/canonical-json.ts';
import { endedBy, type Job, type JobEnd } from './job.ts';
import { findFailure } from './judge-end.ts';
import { tellPlaces } from './place-secrets.ts';
import { planCallAccess } from './plan-access.ts';
import { logOf, runOnce } from './run-once.ts';
import type { StartProgram } from './start-program.ts';

export async function runJson(start: StartProgram, job: Job): Promise<JobEnd> {
  const { ticket, plugin, limits, config, secrets, willRun } = job;
  const access = planCallAccess(ticket, job.rules);
  if (!access.ok) return endedBy(access.error);
  const { command } = plugin.runs;
  const input = canonicalJson({
    tool: ticket.call.executor.entry,
    arguments: job.arguments,
    ...(config && { config: tellPlaces(config, secrets, access.value.network) }),
  });
  const what = { plugin, command, access: access.value, limits, secrets, willRun };
  const ran = await runOnce(start, { ...what, input: `${input}\n`, onFlood: 'kill' }, job);
  const { end, stdout, network } = ran;
  const failure = findFailure(end);
  const facts = { end, truncated: stdout.truncated, log: logOf(ran), ...(network && { network }) };
  if (failure !== undefined) return { outcome: failure, ...facts };
  // It ended just as the limit was reached: half an answer is none.
  if (stdout.truncated) return { outcome: 'output_too_large', ...facts };
  return { outcome: 'ok', output: stdout.text, ...facts };
}
