/**
 * `executor run`: connects to the gateway and runs what it sends, until it is stopped.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import { startExecutor } from '../../executor/executor.ts';
import { openTiers } from '../../executor/open-tiers.ts';
import { closeInherited } from '../../executor/process-sandbox/close-inherited.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { HOME_OPTION, readSetup } from '../executor-options.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

export const executorRun: Command = {
  name: 'executor run',
  summary: 'Connect to the gateway and run what it sends, within this machine’s own policy',
  positionals: [],
  options: { ...HOME_OPTION, quiet: { help: 'says nothing of calls that went well' } },
  details: [
    'Ends on SIGTERM or Ctrl-C: it begins nothing more, and what runs has ten seconds to finish.',
    'npx does not wait for that: have a service start "node bin/sallyport.mjs executor run".',
    'It also ends when its node is revoked, or runs elsewhere with the same key.',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  if (process.platform === 'linux') closeInherited();
  const setup = readSetup(invocation);
  const { tiers, problems } = await openTiers({
    ...setup.policy,
    folder: setup.home.containerFolder,
  });
  for (const problem of problems) terminal.problem(problem);
  if (Object.keys(tiers).length === 0) {
    throw CommandFailure.broken('Cannot run: this machine must have a tier; see "executor doctor"');
  }
  const isQuiet = invocation.has('quiet');
  const executor = await startExecutor({
    ...setup,
    tiers,
    tell: (line) => terminal.line(`executor: ${line}`, 'quiet'),
    log: ({ callKey, tool, outcome, durationMs, problem, stderr }) => {
      if (isQuiet && outcome === 'ok') return;
      const why = problem === undefined ? '' : ` (${problem})`;
      terminal.line(`${callKey} ${tool} ${outcome}${why} ${durationMs} ms`);
      if (stderr !== undefined && outcome !== 'ok') terminal.line(stderr, 'quiet');
    },
  }).catch((thrown) => {
    throw thrown instanceof Fault ? CommandFailure.broken(thrown.message) : thrown;
  });
  const stop = () => void executor.stop();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  const why = await executor.ended;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
  if (why === 'stopped') return EXIT.ok;
  const sentence =
    why === 'revoked' ? 'its node was revoked' : 'another executor has connected with the same key';
  throw CommandFailure.finding(`The executor has ended: ${sentence}`);
}
