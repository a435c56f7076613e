/**
 * `doctor`: whether this machine, this clone and its gateway are in order.
 *
 * @module
 */

import { sortFindings } from '../../core/security-audit/finding.ts';
import { judgeMachine } from '../../core/security-audit/judge-machine.ts';
import type { MachineFacts } from '../../core/security-audit/machine-facts.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { readClone } from '../doctor/read-clone.ts';
import { readGateway } from '../doctor/read-gateway.ts';
import { readPrograms } from '../doctor/read-programs.ts';
import { readSecrets } from '../doctor/read-secrets.ts';
import type { ExitCode } from '../exit-code.ts';
import { GATEWAY_OPTIONS, localGateway, namedGateway } from '../gateway/choose-gateway.ts';
import type { GatewayAddress } from '../gateway/gateway-client.ts';
import { readBundledPlugins } from '../security/bundled-plugins.ts';
import { exitCodeOf, LEVEL_OPTION, readLevel, showFindings } from '../security/show-findings.ts';
import type { Terminal } from '../terminal.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Look at this machine, this clone and its gateway, and say what is not in order',
  positionals: [],
  options: {
    ...GATEWAY_OPTIONS,
    ...LEVEL_OPTION,
    json: { help: 'what was seen, and the findings, as JSON' },
  },
  details: [
    'Versions of Node.js, of the platform and of plugins, with flaws that are publicly known;',
    'presence, strength and file modes of the secrets; what sandboxes need; whether the gateway answers,',
    'is guarded and has its executor. With --url the secrets of this machine are not looked at. Changes',
    'nothing, and asks nobody but the gateway. See docs/security/updates.md.',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const level = readLevel(invocation);
  const named = namedGateway(invocation);
  const facts: MachineFacts = {
    ...{ now: Date.now(), platform: process.platform, nodeVersion: process.versions.node },
    ...readClone(),
    bundled: readBundledPlugins(),
    ...(await readPrograms()),
    ...(named === undefined ? readSecrets(process.env) : { privateFiles: [] }),
    ...(await readGateway(named ?? findLocalGateway())),
  };
  const findings = sortFindings(judgeMachine(facts));
  if (invocation.has('json')) terminal.json({ seen: facts, findings });
  else {
    showSeen(facts, terminal);
    showFindings(findings, terminal);
  }
  return exitCodeOf(findings, level);
}

function findLocalGateway(): GatewayAddress | undefined {
  try {
    return localGateway();
  } catch (error) {
    if (error instanceof CommandFailure) return undefined;
    throw error;
  }
}

function showSeen(facts: MachineFacts, terminal: Terminal): void {
  const { gateway, nodes = [] } = facts;
  const online = nodes.filter(({ state }) => state === 'online').map(({ name }) => name);
  terminal.line(`node       ${facts.nodeVersion} on ${facts.platform}`);
  for (const { name, installed } of facts.packages) {
    terminal.line(`${name.padEnd(10)} ${installed ?? 'not installed'}`);
  }
  for (const { name, version } of facts.programs) {
    terminal.line(`${name.padEnd(10)} ${version ?? 'not there'}`);
  }
  terminal.line(`platform   ${facts.compatibilityDate ?? 'no date'}`);
  terminal.line(`gateway    ${gateway?.problem ?? `${gateway?.url} is well`}`);
  terminal.line(`executors  ${online.length === 0 ? 'none online' : online.join(', ')}`);
  terminal.line();
}
