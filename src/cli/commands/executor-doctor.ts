/**
 * `executor doctor`: what this machine can hold a plugin to, and what is missing.
 *
 * @module
 */

import { openTiers } from '../../executor/open-tiers.ts';
import { readCatalogue } from '../../executor/plugin-catalogue.ts';
import type { Sandbox } from '../../executor/sandbox.ts';
import type { Command, Invocation } from '../command.ts';
import { HOME_OPTION, readSetup } from '../executor-options.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

export const executorDoctor: Command = {
  name: 'executor doctor',
  summary: 'Say what this machine can hold a plugin to, and what is missing',
  positionals: [],
  options: HOME_OPTION,
  details: [
    'Exits with 1 if a tier that the policy allows, or a plugin that it names, cannot run.',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const { identity, policy, home } = readSetup(invocation);
  terminal.line(`node ${identity.node} of workspace ${identity.workspace}`);
  terminal.line(`  gateway ${identity.gatewayUrl}`);
  terminal.line(`  policy  ${home.policyFile}`);
  const { tiers, problems } = await openTiers({ ...policy, folder: home.containerFolder });
  for (const [tier, sandbox] of Object.entries(tiers)) describe(terminal, tier, sandbox);
  for (const problem of problems) terminal.line(problem, 'bad');
  const catalogue = readCatalogue(policy);
  for (const { name, tier, codeHash } of catalogue.plugins) {
    terminal.line(`plugin ${name} (${tier}) ${codeHash}`, 'good');
  }
  for (const { name, message } of catalogue.problems) {
    terminal.line(`plugin ${name} cannot run: ${message}`, 'bad');
  }
  return problems.length + catalogue.problems.length === 0 ? EXIT.ok : EXIT.finding;
}

function describe(terminal: Terminal, tier: string, { facts }: Sandbox): void {
  terminal.line(`tier ${tier}: ${facts.engine}, as ${facts.runsAs}`, 'good');
  for (const [limit, { holds, by }] of Object.entries(facts.limits)) {
    terminal.line(`  ${limit}: ${holds}, by ${by}`, holds === 'none' ? 'bad' : 'plain');
  }
  for (const warning of facts.warnings) terminal.line(`  ${warning}`, 'bad');
}
