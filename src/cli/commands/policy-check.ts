/**
 * `policy check`: whether anybody can be led from secrets and an outsider's words to an outward effect
 * without a human.
 *
 * @module
 */

import { readShape } from '../../core/errors/pointer-errors.ts';
import { type FlowException, listExceptions } from '../../core/policy/list-exceptions.ts';
import { type Leak, type ProvedWorkspace, proveFlow } from '../../core/policy/prove-flow.ts';
import { provedWorkspaceSchema } from '../../core/policy/proved-workspace-schema.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { GATEWAY_OPTIONS, localGateway, namedGateway } from '../gateway/choose-gateway.ts';
import { ask, describeRefusal } from '../gateway/gateway-client.ts';
import { readJson } from '../read-file.ts';
import type { Terminal } from '../terminal.ts';

const MAX_EXPORT_BYTES = 16_777_216;

export const policyCheck: Command = {
  name: 'policy check',
  summary: 'Prove that nobody is led from secrets and outsiders to an outward effect unasked',
  positionals: ['[export.json]'],
  options: {
    workspace: { value: '<id>', help: 'which one of the gateway; "default" unless stated' },
    ...GATEWAY_OPTIONS,
    json: { help: 'the ways as JSON' },
  },
  details: [
    'Reads what GET /v1/workspaces/{id}/policy/export answers, from a file or from a gateway, and tries',
    'every tool and every capability bit in every state that a turn can be in. Exits with 1 and prints',
    'the shortest way of each principal that has one; then what the flow rules except for single',
    'arguments, which no such way shows. See docs/security/policy.md.',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const workspace = await readWorkspace(invocation);
  const leaks = proveFlow(workspace);
  const exceptions = listExceptions(workspace.policy.flow);
  if (invocation.has('json')) terminal.json({ leaks, exceptions });
  else show(workspace, leaks, terminal);
  if (!invocation.has('json')) showExceptions(exceptions, terminal);
  return leaks.length === 0 ? EXIT.ok : EXIT.finding;
}

async function readWorkspace(invocation: Invocation): Promise<ProvedWorkspace> {
  const [path] = invocation.positionals;
  const value =
    path === undefined ? await fetchExport(invocation) : readJson(path, MAX_EXPORT_BYTES);
  const read = readShape(provedWorkspaceSchema, value);
  if (read.ok) return read.value;
  throw CommandFailure.usage('Cannot read the export: it must be what policy/export answers', [
    ...read.error.map(({ pointer, detail }) => `${pointer} ${detail}`),
  ]);
}

async function fetchExport(invocation: Invocation): Promise<JsonValue> {
  const id = encodeURIComponent(invocation.value('workspace') ?? 'default');
  const gateway = namedGateway(invocation) ?? localGateway();
  const answer = await ask(gateway, `GET /v1/workspaces/${id}/policy/export`);
  if (answer.status === 200) return answer.body;
  throw CommandFailure.finding(`Cannot read the policy: ${describeRefusal(answer)}`);
}

/** A proof about labels says nothing of them. */
function showExceptions(exceptions: readonly FlowException[], terminal: Terminal): void {
  if (exceptions.length === 0) return;
  terminal.line('Not weighed, since it is about single arguments:');
  for (const { rule, sentence } of exceptions) terminal.line(`  flow.${rule}: ${sentence}`);
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

function show(workspace: ProvedWorkspace, leaks: readonly Leak[], terminal: Terminal): void {
  for (const { principal, path } of leaks) {
    terminal.line(`${principal} can be led to send what is secret where an outsider says:`, 'bad');
    for (const [at, { move, label, by }] of path.entries()) {
      const step = by === undefined ? move : `${move} of ${by}`;
      terminal.line(`  ${at + 1}. ${step} (${label.integrity}, ${label.confidentiality})`);
    }
  }
  const { principals, plugins } = workspace;
  const tools = plugins.reduce((sum, plugin) => sum + plugin.tools.length, 0);
  const of = `${counted(principals.length, 'principal')}, ${counted(tools, 'tool')}`;
  if (leaks.length === 0) terminal.line(`There is no such way, for ${of} and every bit`, 'good');
}
