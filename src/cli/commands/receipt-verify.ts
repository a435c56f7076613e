/**
 * `receipt verify`: executes a call again and says whether its receipt holds.
 *
 * @module
 */

import type { JsonObject } from '../../core/primitives/json.ts';
import { soleTool } from '../cases/run-cases.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { callTool, type ToolCall } from '../gateway/call-tool.ts';
import { setUpPlugin } from '../gateway/set-up-plugin.ts';
import { inThrowawayGateway } from '../gateway/throwaway.ts';
import { type PluginFiles, readPluginFiles } from '../plugin/plugin-files.ts';
import { NODE_PLATFORM } from '../plugin/review-platform.ts';
import { readObject, SETTINGS_OPTION } from '../read-object.ts';
import {
  compareExecution,
  compareModule,
  judgeDenial,
  type ReceiptFinding,
  type Reexecution,
} from '../receipt/compare-receipt.ts';
import { type ClaimedReceipt, parseReceipt, readReceiptFile } from '../receipt/receipt-file.ts';
import type { Terminal, Tone } from '../terminal.ts';

export const receiptVerify: Command = {
  name: 'receipt verify',
  summary: 'Execute a call again, and say whether its receipt holds',
  positionals: ['<receipt.json>'],
  options: {
    module: { value: '<file>', help: 'the module that is said to have run' },
    manifest: { value: '<plugin.json>', help: 'its manifest' },
    input: { value: '<json>', help: 'the arguments of the call, or a file with them' },
    config: SETTINGS_OPTION,
    tool: { value: '<name>', help: 'which tool, where the plugin has several' },
    json: { help: 'the findings as JSON' },
  },
  details: [
    'The receipt is what POST /v1/tools/{name}/call answers: the whole answer, or its "receipt".',
    'Module, input, settings, fuel and output are compared with those of another execution, in the real',
    'tier of a gateway of its own. Its host gives the call nothing there: a call that asked for network',
    'or storage cannot be executed again, and the answer is no. The revision of the policy is what the',
    'gateway said it was, and is not compared.',
  ],
  run,
};

const TONES: Readonly<Record<ReceiptFinding['verdict'], readonly [string, Tone]>> = {
  confirmed: ['ok  ', 'good'],
  differs: ['FAIL', 'bad'],
  'not-executable': ['FAIL', 'bad'],
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const claimed = readReceiptFile(invocation.positionals[0] ?? '');
  const findings = await verify(claimed, readExecution(invocation));
  const holds = findings.every(({ verdict }) => verdict === 'confirmed');
  if (invocation.has('json')) terminal.json({ holds, findings });
  else show({ claimed, findings, holds }, terminal);
  return holds ? EXIT.ok : EXIT.finding;
}

/** What is said to have run. */
interface Execution {
  readonly plugin: PluginFiles;
  readonly call: ToolCall;
  readonly settings: JsonObject | undefined;
}

function readExecution(invocation: Invocation): Execution {
  for (const option of ['module', 'manifest', 'input']) {
    if (invocation.value(option) !== undefined) continue;
    throw CommandFailure.usage(`Cannot verify the receipt: --${option} must be given`);
  }
  const manifestPath = invocation.value('manifest') ?? '';
  const plugin = readPluginFiles(manifestPath, invocation.value('module') ?? '');
  return {
    plugin,
    call: {
      tool: invocation.value('tool') ?? soleTool(plugin.manifest.manifest),
      arguments: readObject(invocation, 'input') ?? {},
    },
    settings: readObject(invocation, 'config'),
  };
}

async function verify(
  claimed: ClaimedReceipt,
  execution: Execution,
): Promise<readonly ReceiptFinding[]> {
  const codeHash = NODE_PLATFORM.sha256Hex(execution.plugin.module);
  const module = compareModule(claimed.receipt, codeHash);
  if (module.verdict !== 'confirmed') return [module];
  const found = await execute(execution);
  if (found.kind === 'denied') return [module, judgeDenial(found)];
  const { wasm } = execution.plugin.manifest.manifest;
  const isAmbient = wasm?.clock === true || wasm?.randomness === true;
  return [module, ...compareExecution(claimed, found, isAmbient)];
}

async function execute({ plugin, call, settings }: Execution): Promise<Reexecution> {
  return inThrowawayGateway({ allow: [], storage: false }, async (gateway) => {
    await setUpPlugin(gateway, plugin, settings);
    const { end, receipt } = await callTool(gateway, call);
    if (end.kind === 'denied') return end;
    if (end.kind === 'answered') return { ...end, receipt: parseReceipt(receipt ?? null) };
    throw CommandFailure.broken(`Cannot execute it again: ${end.detail}`);
  });
}

function show(
  {
    claimed,
    findings,
    holds,
  }: {
    readonly claimed: ClaimedReceipt;
    readonly findings: readonly ReceiptFinding[];
    readonly holds: boolean;
  },
  terminal: Terminal,
): void {
  for (const { verdict, says } of findings) {
    const [mark, tone] = TONES[verdict];
    terminal.line(`${mark} ${says}`, tone);
  }
  terminal.line(`     policy revision ${claimed.receipt.revision}, as the gateway said`, 'quiet');
  if (holds) terminal.line('The receipt holds', 'good');
  else if (findings.some(({ verdict }) => verdict === 'not-executable')) {
    terminal.line('The receipt cannot be confirmed: the call is not executable again', 'bad');
  } else terminal.line('The receipt does not hold', 'bad');
}
