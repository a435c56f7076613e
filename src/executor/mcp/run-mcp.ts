/**
 * Protocol `mcp`: calls one tool of a server, which may have been kept from an earlier call.
 *
 * @module
 */

import { toPlainText } from '../bounded-output.ts';
import { endedBy, type Job, type JobEnd } from '../job.ts';
import { findFailure } from '../judge-end.ts';
import type { LocalPolicy } from '../local-policy.ts';
import { planServerAccess } from '../plan-access.ts';
import type { ProgramOrder, StartProgram } from '../start-program.ts';
import { type McpAnswer, McpServer } from './mcp-server.ts';
import type { ServerPool } from './server-pool.ts';

/** Longest life of a server, in milliseconds: of wall-clock and of processor time. */
const SERVER_LIFE_MS = 3_600_000;

/** How long a server may take to end by itself once it is let go, in milliseconds. */
const LET_GO_MS = 2_000;

const REFUSED: McpAnswer = { kind: 'refused' };

export interface McpHost {
  readonly start: StartProgram;
  readonly pool: ServerPool;
  readonly policy: LocalPolicy;
}

export async function runMcp(host: McpHost, job: Job): Promise<JobEnd> {
  const order = orderOf(host, job);
  const isKept = mayKeep(order);
  const { era } = host.pool;
  const endAt = performance.now() + job.limits.timeoutMs;
  const kept = isKept ? takeKept(host.pool, job, order) : undefined;
  const server = kept ?? new McpServer(await host.start(order));
  let isKilled = false;
  const kill = (why: 'wall' | 'cancelled') => {
    isKilled = true;
    server.program.kill(why);
  };
  const clock = setTimeout(() => kill('wall'), endAt - performance.now());
  const cancel = () => kill('cancelled');
  job.signal.addEventListener('abort', cancel);
  if (job.signal.aborted) cancel();
  try {
    if (kept === undefined) await server.open(job.signal);
    const answer = await server.call(job);
    if (answer.kind === 'ok' && handsBack(order)) return await letGo(server, answer, job);
    if (!isKept || isKilled) return await endServer(server, answer, job);
    host.pool.put(server, { job, access: order.access, era });
    return toEnd(answer, job);
  } catch {
    server.program.kill('cancelled');
    return await endServer(server, REFUSED, job);
  } finally {
    clearTimeout(clock);
    job.signal.removeEventListener('abort', cancel);
  }
}

/** One that serves this call from here on. */
function takeKept(pool: ServerPool, job: Job, { access }: ProgramOrder): McpServer | undefined {
  const kept = pool.take(job, access);
  try {
    if (kept !== undefined) job.willRun();
    return kept;
  } catch (thrown) {
    kept?.program.kill('cancelled');
    throw thrown;
  }
}

/**
 * Its connections belong in the receipt of one call, so a server with a network is not kept; nor is
 * one that was given a secret, whose use each call is asked for, or copies of files, which grow old.
 */
function mayKeep({ plugin, access, secrets }: ProgramOrder): boolean {
  const hasCopies = plugin.tier === 'container' && access.reads.length + access.writes.length > 0;
  return (
    plugin.runs.idleMs > 0 &&
    access.network.allow.length === 0 &&
    secrets.length === 0 &&
    !hasCopies
  );
}

/** Whether what it has written is copied back, which is done with what has ended by itself. */
function handsBack({ plugin, access }: ProgramOrder): boolean {
  return plugin.tier === 'container' && access.writes.length > 0;
}

/**
 * Closes its input, as the protocol ends a server. One that goes on has not written what it says. Its
 * output ends with it, and its files are taken back after that, for which there is all of the call's time.
 */
async function letGo(server: McpServer, answer: McpAnswer, job: Job): Promise<JobEnd> {
  const { program } = server;
  const late = setTimeout(() => program.kill('wall'), LET_GO_MS);
  const isGone = () => clearTimeout(late);
  if (program.stdout.readableEnded) isGone();
  program.stdout.once('end', isGone);
  program.stdin.end();
  const end = await program.ended;
  isGone();
  const ended = await endServer(server, answer, job);
  const isCut = end.limit !== undefined || end.signal !== undefined;
  if (!isCut || ended.outcome !== 'ok') return ended;
  const { output: _, ...facts } = ended;
  return { ...facts, outcome: findFailure(end) ?? 'plugin_error' };
}

function orderOf(
  { policy }: McpHost,
  { plugin, rules, limits, secrets, willRun }: Job,
): ProgramOrder {
  const life = plugin.runs.idleMs > 0 ? { timeoutMs: SERVER_LIFE_MS, cpuMs: SERVER_LIFE_MS } : {};
  return {
    plugin,
    command: plugin.runs.command,
    access: planServerAccess(policy, rules),
    limits: { ...limits, ...life },
    ...{ secrets, willRun },
  };
}

async function endServer(server: McpServer, answer: McpAnswer, job: Job): Promise<JobEnd> {
  const { program } = server;
  program.kill('cancelled');
  const end = await program.ended;
  const network = await program.closeNetwork();
  const said = toPlainText((await server.log).text);
  const why = answer.kind === 'refused' ? answer.why : undefined;
  const log = why === undefined ? said : `${why}\n${said}`;
  const facts = { end, log, ...(network && { network }) };
  if (answer.kind === 'ok') return { ...toEnd(answer, job), ...facts };
  // That we ended it says nothing, unless the call was cancelled; a limit does.
  const wasLimit = end.limit !== undefined && end.limit !== 'cancelled';
  const failure = wasLimit || job.signal.aborted ? findFailure(end) : undefined;
  return { outcome: failure ?? 'plugin_error', truncated: false, ...facts };
}

function toEnd(answer: McpAnswer, { limits }: Job): JobEnd {
  if (answer.kind !== 'ok') {
    return { ...endedBy('plugin_error'), ...(answer.why && { log: answer.why }) };
  }
  const { output } = answer;
  const isLong = Buffer.byteLength(output) > limits.outputBytes;
  return isLong
    ? { outcome: 'output_too_large', truncated: true }
    : { outcome: 'ok', output, truncated: false };
}
