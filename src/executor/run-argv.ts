/**
 * Protocol `argv`: the call names a program of this machine and its arguments. What comes back is
 * how it ended and what it wrote; an exit code other than 0 is an answer like any other, and so is
 * the end of its time or memory.
 *
 * The program is resolved here, and what it really is decides: a link to a shell is a shell.
 *
 * @module
 */

import { basename } from 'node:path';
import * as z from 'zod';
import { permits } from '../core/capabilities/capability-set.ts';
import { parseCapability } from '../core/capabilities/pattern.ts';
import { toResource } from '../core/capabilities/resource.ts';
import { toArgvAnswer } from './argv-answer.ts';
import { endedBy, type Failure, type Job, type JobEnd } from './job.ts';
import { findFailure } from './judge-end.ts';
import { planCallAccess } from './plan-access.ts';
import { resolveHostPath } from './resolve-host-path.ts';
import { logOf, runOnce } from './run-once.ts';
import type { StartProgram } from './start-program.ts';
import { startsOthers } from './starts-others.ts';

const argumentsSchema = z.object({
  program: z.string(),
  args: z.array(z.string()).max(256).default([]),
  stdin: z.string().default(''),
});

/** What a program wrote until then is an answer: it asked for nothing that it may not have, but was not done. */
const ENDINGS: readonly Failure[] = ['timeout', 'memory'];

export async function runArgv(start: StartProgram, job: Job): Promise<JobEnd> {
  const read = argumentsSchema.safeParse(job.arguments);
  if (!read.success) return endedBy('plugin_error');
  const { program, args, stdin } = read.data;
  const access = planCallAccess(job.ticket, job.rules);
  if (!access.ok) return endedBy(access.error);
  const path = resolveHostPath(program);
  if (!path.ok || !mayRun(path.value, job)) return endedBy('host_denied');

  const { plugin, limits, secrets, willRun } = job;
  const command = [path.value, ...args];
  const what = { plugin, command, access: access.value, limits, secrets, willRun };
  const ran = await runOnce(start, { ...what, input: stdin, onFlood: 'cut' }, job);
  const { end, stdout, stderr, network } = ran;
  const failure = end.limit === undefined ? undefined : findFailure(end);
  const written = { end, stdout, stderr, ...(failure && { endedBy: failure }) };
  const answer = toArgvAnswer(written, limits.outputBytes);
  const truncated = answer?.truncated ?? true;
  const facts = { end, truncated, log: logOf(ran), ...(network && { network }) };
  if (failure !== undefined && !ENDINGS.includes(failure)) return { outcome: failure, ...facts };
  if (answer === undefined) return { outcome: 'output_too_large', ...facts };
  return { outcome: 'ok', output: answer.output, ...facts };
}

function mayRun(path: string, { rules }: Job): boolean {
  const resource = toResource('name', path);
  const wanted = [
    `tool:exec:${resource.ok ? resource.value : ''}`,
    ...(startsOthers(basename(path)) ? ['tool:exec:shell'] : []),
  ];
  return wanted.every((text) => {
    const capability = parseCapability(text);
    return capability.ok && permits(rules, capability.value);
  });
}
