/**
 * What a workspace asks of its lane about a plugin as a whole: to try it out before it serves, and
 * to end it.
 *
 * @module
 */

import { RpcTarget } from 'cloudflare:workers';
import type {
  PluginStart,
  RetiredVersion,
  StartPlugin,
  Withdrawal,
} from '../../blocks/workspace/lane-api.ts';
import { MAX_WASM_WAIT_MS } from '../../core/manifest/wasm-limits.ts';
import type { PluginReport } from './isolate/plugin-protocol.ts';
import type { LoggedLines } from './isolate/run-log.ts';
import type { LaneCall } from './lane-call.ts';
import type { Spoken } from './plugin-log-store.ts';
import type { LaneHost, PluginRunners } from './plugin-runner.ts';
import type { Turnstile } from './turnstile.ts';
import type { WithdrawnPlugins } from './withdrawn-plugins.ts';

/** What a command would find in its arguments as the name of the tool. */
const NO_TOOL = '';

interface Lane {
  readonly runners: PluginRunners;
  readonly turnstile: Turnstile;
  readonly withdrawn: WithdrawnPlugins;
  /** Those that wait, and those that run. */
  readonly calls: () => Iterable<LaneCall>;
  readonly keepLog: (spoken: Spoken) => void;
}

const NOTHING_SAID: LoggedLines = { lines: [], dropped: 0 };

export class LanePlugins {
  readonly #lane: Lane;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** A new instance, its start function and its self-test, waiting and within the limits as a call. */
  async start(request: StartPlugin): Promise<PluginStart> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, MAX_WASM_WAIT_MS);
    const pass = await this.#lane.turnstile.enter(request.plugin, late);
    clearTimeout(timer);
    if (pass === undefined) return 'deadline';
    let fuel = 0;
    try {
      const report = await this.#tryOut(request);
      fuel = report.fuel;
      this.#keepLog(request, report);
      if (report.end === 'ok') return 'started';
      void this.#lane.runners.retire(request.plugin, request.codeHash);
      return report.end;
    } finally {
      pass.leave(fuel);
    }
  }

  /**
   * Nothing that was approved before goes on: what waits ends here, what runs at its next host call. Their
   * isolates are ended behind that: on a busy lane it takes a while, and whoever stops a plugin is waiting.
   */
  withdraw(withdrawals: readonly Withdrawal[]): void {
    const { calls, runners, withdrawn } = this.#lane;
    for (const withdrawal of withdrawals) withdrawn.add(withdrawal);
    for (const call of calls()) if (withdrawn.covers(call.claims)) call.end('plugin_stopped');
    for (const { plugin } of withdrawals) void runners.retire(plugin);
  }

  async retire(versions: readonly RetiredVersion[]): Promise<void> {
    for (const { plugin, codeHash } of versions) await this.#lane.runners.retire(plugin, codeHash);
  }

  /** Of one that failed also where nothing was said: what is read then is not that of an older one. */
  #keepLog({ plugin, version }: StartPlugin, { end, logged }: StartReport): void {
    if (end === 'ok' && logged === undefined) return;
    const claims = { plugin, pluginVersion: version };
    this.#lane.keepLog({ claims, outcome: end, logged: logged ?? NOTHING_SAID });
  }

  async #tryOut({ workspace, plugin, codeHash, limits }: StartPlugin): Promise<StartReport> {
    const { memoryPages } = limits;
    const named = { workspace, plugin, codeHash, memoryPages };
    const runner = await this.#lane.runners.open(named).catch(() => undefined);
    if (runner === undefined) return NOT_RUN;
    return await runner.run({ plugin, tool: NO_TOOL, input: '', limits }, new NoHost());
  }
}

type StartReport = Pick<PluginReport, 'end' | 'fuel' | 'logged'>;

const NOT_RUN: StartReport = { end: 'tier_unavailable', fuel: 0 };

/** A plugin that is tried out acts for nobody, so it may ask for nothing. */
class NoHost extends RpcTarget implements LaneHost {
  /** Being refused has no effect. */
  readonly wasAsked = false;

  async http() {
    return { kind: 'ended', reason: 'host_denied' } as const;
  }

  async storage() {
    return { kind: 'ended', reason: 'host_denied' } as const;
  }
}
