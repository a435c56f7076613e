/**
 * `security audit`: what of a deployment's configuration an engineer for security would object to.
 *
 * @module
 */

import { auditDeployment } from '../../core/security-audit/audit-deployment.ts';
import type { Weakening } from '../../core/security-audit/weakened.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import type { ExitCode } from '../exit-code.ts';
import { GATEWAY_OPTIONS, localGateway, namedGateway } from '../gateway/choose-gateway.ts';
import { applyFixes } from '../security/apply-fixes.ts';
import { readDeployment } from '../security/read-deployment.ts';
import { exitCodeOf, LEVEL_OPTION, readLevel, showFindings } from '../security/show-findings.ts';
import type { Terminal } from '../terminal.ts';

/** Calls are kept for a month unless a workspace says otherwise. */
const DEFAULT_DAYS = 30;
const MAX_DAYS = 3_650;

export const securityAudit: Command = {
  name: 'security audit',
  summary: 'Look for grants, switches, plugins and routes that give away more than they must',
  positionals: [],
  options: {
    ...GATEWAY_OPTIONS,
    workspace: { value: '<id>', help: 'the one of the token; "default" unless stated' },
    days: { value: '<n>', help: 'of the record that unused grants are told by; 30 unless stated' },
    ...LEVEL_OPTION,
    fix: {
      help: 'puts scanners, flow rules and reviews back to the default where they are milder',
    },
    json: { help: 'the findings as JSON' },
  },
  details: [
    'Asks the gateway over its API and changes nothing without --fix. Each finding has an id, a level,',
    'what shows it, and the command that mends it. What the token may not see is a finding of its own.',
    'See docs/security/hardening.md.',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const level = readLevel(invocation);
  const asked = {
    workspace: invocation.value('workspace') ?? 'default',
    days: readDays(invocation),
  };
  const gateway = namedGateway(invocation) ?? localGateway();
  const before = await readDeployment(gateway, asked);
  const fixed = invocation.has('fix') ? await applyFixes(gateway, before) : [];
  const { facts } = fixed.length === 0 ? before : await readDeployment(gateway, asked);
  const findings = auditDeployment(facts);
  if (invocation.has('json')) terminal.json({ findings, fixed });
  else {
    showFixed(fixed, terminal);
    showFindings(findings, terminal);
  }
  return exitCodeOf(findings, level);
}

function showFixed(fixed: readonly Weakening[], terminal: Terminal): void {
  for (const { pointer, is, byDefault } of fixed) {
    terminal.line(`mended  ${pointer}: "${is}" is "${byDefault}" again`, 'good');
  }
}

function readDays(invocation: Invocation): number {
  const text = invocation.value('days');
  const days = text === undefined ? DEFAULT_DAYS : Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS) return days;
  throw CommandFailure.usage(
    `Cannot use "--days ${text}": it must be a whole number to ${MAX_DAYS}`,
  );
}
