/**
 * Runs a job by its plugin's protocol. What breaks on the way is an end like any other.
 *
 * @module
 */

import { Fault, faultCode } from '../core/errors/fault.ts';
import { endedBy, type Job, type JobEnd } from './job.ts';
import { type McpHost, runMcp } from './mcp/run-mcp.ts';
import { runArgv } from './run-argv.ts';
import { runJson } from './run-json.ts';

export async function runJob(host: McpHost, job: Job): Promise<JobEnd> {
  const { protocol } = job.plugin.runs;
  try {
    if (protocol === 'mcp') return await runMcp(host, job);
    return await (protocol === 'argv' ? runArgv(host.start, job) : runJson(host.start, job));
  } catch (thrown) {
    // A sandbox that could not be made has run nothing; of anything else nobody can tell.
    const outcome = faultCode(thrown) === 'tier_unavailable' ? 'tier_unavailable' : 'unknown';
    return { ...endedBy(outcome), log: thrown instanceof Fault ? thrown.message : String(thrown) };
  }
}
