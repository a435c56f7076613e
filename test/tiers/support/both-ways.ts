/** Runs a fixture in an isolate of its own and as a module of the bundle: both must end alike. */

import { expect } from 'vitest';
import type { WasmLimits } from '../../../src/core/manifest/wasm-limits.ts';
import { BundledPlugins } from '../../../src/tiers/wasm/bundled-plugins.ts';
import type { PluginJob, PluginReport } from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import type { LaneHost } from '../../../src/tiers/wasm/plugin-runner.ts';
import { FIXTURE_MODULES, type FixtureName, hardened, job } from './fixtures.ts';
import { openIsolates } from './isolates.ts';
import { ScriptedHost } from './scripted-host.ts';

const isolates = openIsolates({
  fetchCode: async ({ codeHash }) => hardened(codeHash as FixtureName),
});

const bundled = new BundledPlugins(FIXTURE_MODULES);

export interface FixtureRun {
  readonly entry: string;
  readonly input?: string;
  readonly limits?: Partial<WasmLimits>;
  readonly config?: PluginJob['config'];
  /** One for each way, since a host may count. */
  readonly host?: () => LaneHost;
}

/** What both ways have come to. Time is no part of it. */
export async function runBothWays(fixture: FixtureName, run: FixtureRun): Promise<PluginReport> {
  const name = { workspace: 'acme', plugin: 'fixture', codeHash: fixture, memoryPages: 256 };
  const { config, host = () => new ScriptedHost() } = run;
  const work = { ...job(run.entry, run.input, run.limits), ...(config && { config }) };
  const reports: PluginReport[] = [];
  for (const runners of [isolates, bundled]) {
    const runner = await runners.open(name);
    if (runner === undefined) throw new Error(`Cannot open ${fixture}`);
    reports.push({ ...(await runner.run(work, host())), suspendedMs: 0 });
  }
  const [isolated, inBundle] = reports;
  if (isolated === undefined) throw new Error('Nothing was run');
  expect(isolated).toEqual(inBundle);
  return isolated;
}
