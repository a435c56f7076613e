/**
 * The example plugins, as they are built, run as the tier runs them: in isolates of their own, and
 * those that are modules from the bundle as well. Both must come to the same.
 */

import { expect } from 'vitest';
import { MODULES } from '../../../build/bundled-modules.js';
import examples from '../../../build/fixtures/examples.txt';
import csvQuery from '../../../build/plugins/csv-query/plugin.json';
import httpFetch from '../../../build/plugins/http-fetch/plugin.json';
import jsonQuery from '../../../build/plugins/json-query/plugin.json';
import kvNotes from '../../../build/plugins/kv-notes/plugin.json';
import markdownToHtml from '../../../build/plugins/markdown-to-html/plugin.json';
import regexExtractSource from '../../../build/plugins/regex-extract/plugin.js?raw';
import regexExtract from '../../../build/plugins/regex-extract/plugin.json';
import textStats from '../../../build/plugins/text-stats/plugin.json';
import { DEFAULT_WASM_LIMITS } from '../../../src/core/manifest/wasm-limits.ts';
import { BundledPlugins } from '../../../src/tiers/wasm/bundled-plugins.ts';
import type { PluginReport } from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import type { LaneHost } from '../../../src/tiers/wasm/plugin-runner.ts';
import { openIsolates } from './isolates.ts';
import { ScriptedHost } from './scripted-host.ts';

/** In the order in which the build has bundled them. */
const BUNDLED = [csvQuery, httpFetch, jsonQuery, kvNotes, markdownToHtml, textStats];

export const MANIFESTS = [...BUNDLED, regexExtract];

const HARDENED: Readonly<Record<string, string>> = JSON.parse(examples);

const SCRIPTS: ReadonlyMap<string, string> = new Map([['regex-extract', regexExtractSource]]);

const bundled = new BundledPlugins();
const isolates = openIsolates({
  fetchCode: async ({ plugin }) => codeOf(plugin),
});

/** As a lane would get it: hardened, or a script as it is. */
function codeOf(plugin: string): Uint8Array {
  const source = SCRIPTS.get(plugin);
  if (source !== undefined) return new TextEncoder().encode(source);
  return new Uint8Array(Buffer.from(HARDENED[plugin] ?? '', 'base64'));
}

/** Runs a tool in every way in which its plugin can be run, and answers what they came to. */
export async function callExample(
  tool: string,
  input: unknown,
  host: LaneHost = new ScriptedHost(),
): Promise<PluginReport> {
  const { manifest, codeHash } = findTool(tool);
  const runners = SCRIPTS.has(manifest.name) ? [isolates] : [isolates, bundled];
  const reports: PluginReport[] = [];
  for (const each of runners) reports.push(await run(each, { tool, input, host }));
  const [isolated, inBundle = isolated] = reports;
  expect(inBundle).toEqual(isolated);
  if (isolated === undefined) throw new Error(`Nothing was run of ${codeHash}`);
  return isolated;
}

/** The same in an isolate only: for what has effects. */
export function callOnce(tool: string, input: unknown, host: LaneHost): Promise<PluginReport> {
  return run(isolates, { tool, input, host });
}

/** What a tool answers when all is well. */
export async function askExample(tool: string, input: unknown, host?: LaneHost) {
  const { end, output } = await callExample(tool, input, host);
  expect(end).toBe('ok');
  return JSON.parse(output);
}

interface Call {
  readonly tool: string;
  readonly input: unknown;
  readonly host: LaneHost;
}

async function run(
  runners: Pick<BundledPlugins, 'open'>,
  { tool, input, host }: Call,
): Promise<PluginReport> {
  const { manifest, codeHash, entry } = findTool(tool);
  const limits = { ...DEFAULT_WASM_LIMITS, ...manifest.limits };
  const { memoryPages } = limits;
  const runner = await runners.open({
    ...{ workspace: 'acme', plugin: manifest.name, codeHash, memoryPages },
  });
  if (runner === undefined) throw new Error(`Cannot open ${manifest.name}`);
  const job = { plugin: manifest.name, tool, entry, input: JSON.stringify(input), limits };
  return { ...(await runner.run(job, host)), suspendedMs: 0 };
}

function findTool(name: string) {
  for (const [index, manifest] of MANIFESTS.entries()) {
    const tool = manifest.tools.find((candidate) => candidate.name === name);
    if (tool === undefined) continue;
    const codeHash = [...MODULES.keys()][index] ?? manifest.name;
    return { manifest, codeHash, entry: tool.entry };
  }
  throw new Error(`No example has the tool ${name}`);
}
