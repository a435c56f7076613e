/**
 * `plugin test`: a plugin's own cases, in the real tier.
 *
 * @module
 */

import { type PluginCase, readCases } from '../cases/case-file.ts';
import { type CaseReport, runCase } from '../cases/run-cases.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { GATEWAY_OPTIONS, localGateway, namedGateway } from '../gateway/choose-gateway.ts';
import type { GatewayAddress } from '../gateway/gateway-client.ts';
import { setUpPlugin } from '../gateway/set-up-plugin.ts';
import { inThrowawayGateway } from '../gateway/throwaway.ts';
import { findNewerSource } from '../plugin/newer-source.ts';
import { type PluginFiles, readPlugin } from '../plugin/plugin-files.ts';
import { readObject, SETTINGS_OPTION } from '../read-object.ts';
import type { Terminal } from '../terminal.ts';

export const pluginTest: Command = {
  name: 'plugin test',
  summary: "Run a plugin's own cases in the real tier",
  positionals: ['<folder>'],
  options: {
    allow: {
      value: '<capability>',
      repeats: true,
      help: 'what it may do besides, as tool:network:http:api.example.com:443',
    },
    config: SETTINGS_OPTION,
    local: { help: 'in the gateway that "npm start" runs, and leave the plugin installed there' },
    ...GATEWAY_OPTIONS,
    json: { help: 'the report as JSON' },
  },
  details: [
    'Starts a gateway of its own, on a free port and in a folder that is removed afterwards, installs',
    'the plugin there over HTTP, calls its tools, and compares. The plugin can use its own storage; it',
    'reaches no network unless --allow says where. Cases are in <folder>/cases/*.json:',
    '',
    '  { "arguments": { "name": "Ada" }, "expect": { "result": { "greeting": "Hello, Ada!" } } }',
    '  { "arguments": { "name": "Ada" }, "expect": { "matches": { "greeting": "Ada" } } }',
    '  { "arguments": {}, "expect": { "denied": { "check": "structure", "reason": "schema_mismatch" } } }',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const folder = invocation.positionals[0] ?? '';
  const plugin = readPlugin(folder);
  const cases = readCases(folder);
  const settings = readObject(invocation, 'config');
  const isQuiet = invocation.has('json');
  const newer = findNewerSource(folder, plugin.modulePath);
  if (newer !== undefined) {
    terminal.problem(`${plugin.modulePath} is older than ${newer}; build it again: npm run build`);
  }
  const reports = await inGateway(invocation, async (gateway) => {
    await setUpPlugin(gateway, plugin, settings);
    return runAll(gateway, { plugin, cases }, isQuiet ? () => {} : showing(terminal));
  });
  const failed = reports.filter(({ passed }) => !passed).length;
  const passed = reports.length - failed;
  if (isQuiet) terminal.json({ passed, failed, cases: reports });
  else terminal.line(`${passed} passed, ${failed} failed`, failed === 0 ? 'good' : 'bad');
  return failed === 0 ? EXIT.ok : EXIT.finding;
}

function inGateway<T>(
  invocation: Invocation,
  work: (gateway: GatewayAddress) => Promise<T>,
): Promise<T> {
  const allow = invocation.values('allow');
  const given = namedGateway(invocation);
  if (given !== undefined && invocation.has('local')) {
    throw CommandFailure.usage('Cannot test: --local and --url exclude each other');
  }
  const named = invocation.has('local') ? localGateway() : given;
  if (named === undefined) return inThrowawayGateway({ allow, storage: true }, work);
  if (allow.length === 0) return work(named);
  throw CommandFailure.usage('Cannot allow more in a gateway that runs: its policy must say so');
}

async function runAll(
  gateway: GatewayAddress,
  { plugin, cases }: { readonly plugin: PluginFiles; readonly cases: readonly PluginCase[] },
  show: (report: CaseReport) => void,
): Promise<readonly CaseReport[]> {
  const reports: CaseReport[] = [];
  for (const one of cases) {
    const report = await runCase(gateway, plugin.manifest.manifest, one);
    reports.push(report);
    show(report);
  }
  return reports;
}

function showing(terminal: Terminal): (report: CaseReport) => void {
  return ({ name, passed, mismatch, log, fuel, memoryPages }) => {
    const used = [
      ...(fuel === undefined ? [] : [`${fuel} fuel`]),
      ...(memoryPages === undefined ? [] : [`${memoryPages} pages`]),
    ].join(', ');
    const cost = used === '' ? '' : `  (${used})`;
    terminal.line(`${passed ? 'ok  ' : 'FAIL'} ${name}${cost}`, passed ? 'good' : 'bad');
    if (mismatch !== undefined) terminal.line(`     ${mismatch}`);
    for (const line of log ?? []) terminal.line(`     ${line}`, 'quiet');
  };
}
