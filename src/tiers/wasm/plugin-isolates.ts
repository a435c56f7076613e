/**
 * Gives each plugin an isolate of its own, keeps the ones in use, and sees to it that the others
 * do not pile up.
 *
 * @module
 */

import { HARDENING_VERSION } from '../../wasm-hardening/harden.ts';
import type { PluginJob, PluginReport } from './isolate/plugin-protocol.ts';
import type { IsolateLedger } from './isolate-ledger.ts';
import type { IsolateLoader, LoadedIsolate } from './isolate-loader.ts';
import { judgeRun } from './judge-run.ts';
import type { LaneHost, PluginCodeName, PluginRunner, PluginRunners } from './plugin-runner.ts';

/**
 * Isolates that one workspace keeps. Each holds 1 to 2 MB, that of a script some 5; but where more
 * plugins take turns than are kept, every call begins one, and those that were ended hold theirs until
 * the next full collection of garbage, which is hundreds of them later.
 */
export const MAX_ISOLATES = 64;

/**
 * Bytes of code that is kept for them, unless the newest alone has more: the loader may ask for it again.
 * The lanes of several workspaces may share one isolate's 128 MB on the platform.
 */
export const MAX_KEPT_CODE_BYTES = 25_165_824;

/** How long code that could not be loaded is not tried again, in milliseconds: each try costs a name. */
export const TRY_AGAIN_MS = 10_000;

export interface IsolateSource {
  readonly loader: Pick<IsolateLoader, 'begin' | 'load' | 'end'>;
  readonly ledger: Pick<IsolateLedger, 'add' | 'remove' | 'all'>;
  /** The code as it is to run. */
  readonly fetchCode: (name: PluginCodeName) => Promise<Uint8Array | undefined>;
  readonly now: () => number;
}

interface OpenIsolate extends LoadedIsolate {
  readonly codeBytes: number;
  callsInside: number;
  /** Whether its code is known to load. */
  isSure: boolean;
}

interface Call {
  readonly job: PluginJob;
  readonly host: LaneHost;
}

export class PluginIsolates implements PluginRunners {
  readonly #source: IsolateSource;
  /** By all that names their code; the least recently used comes first. */
  readonly #open = new Map<string, OpenIsolate>();
  /** When code that could not be loaded may be tried again. */
  readonly #failed = new Map<string, number>();
  /** One at a time: each keeps a dynamic Worker of the few that may be at work. */
  #ending: Promise<void> = Promise.resolve();

  constructor(source: IsolateSource) {
    this.#source = source;
  }

  async open(name: PluginCodeName): Promise<PluginRunner | undefined> {
    const key = keyOf(name);
    const isolate = this.#open.get(key) ?? (await this.#load(key, name));
    if (isolate === undefined) return undefined;
    this.#open.delete(key);
    this.#open.set(key, isolate);
    return { run: (job, host) => this.#run(name, isolate, { job, host }) };
  }

  async retire(plugin: string, codeHash?: string): Promise<void> {
    const retired = this.#source.ledger
      .all()
      .filter(
        (entry) => entry.plugin === plugin && entry.codeHash === (codeHash ?? entry.codeHash),
      );
    for (const { id } of retired) this.#end(id);
    await this.#ending;
  }

  async #run(name: PluginCodeName, isolate: OpenIsolate, call: Call): Promise<PluginReport> {
    isolate.callsInside += 1;
    try {
      const ending = await isolate.run(call.job, call.host);
      isolate.isSure = true;
      return judgeRun(call.job, ending);
    } catch (thrown) {
      const key = keyOf(name);
      if (this.#open.get(key) === isolate) this.#open.delete(key);
      // What has asked for something may have had an effect, so it is not run again.
      if (isolate.isSure || call.host.wasAsked) return { ...LOST_RUN, end: endOfLostRun(thrown) };
      this.#end(isolate.id);
      return await this.#runSurely(name, call);
    } finally {
      isolate.callsInside -= 1;
    }
  }

  /** After a first run that was lost, maybe because the code could not be loaded under that name. */
  async #runSurely(name: PluginCodeName, call: Call): Promise<PluginReport> {
    const isolate = await this.#load(keyOf(name), name, 'surely');
    if (isolate === undefined) return { ...LOST_RUN, end: 'tier_unavailable' };
    return await this.#run(name, isolate, call);
  }

  async #load(
    key: string,
    name: PluginCodeName,
    how: 'soon' | 'surely' = 'soon',
  ): Promise<OpenIsolate | undefined> {
    const { fetchCode, ledger, loader, now } = this.#source;
    if (now() < (this.#failed.get(key) ?? 0)) return undefined;
    const code = await fetchCode(name);
    if (code === undefined) return undefined;
    const tried: string[] = [];
    const note = (id: string) => {
      tried.push(id);
      ledger.add({ id, ...name }, now());
    };
    const loaded = await loader[how === 'soon' ? 'begin' : 'load'](key, code, note);
    for (const id of tried) if (id !== loaded?.id) this.#end(id);
    if (loaded === undefined) {
      this.#failed.set(key, now() + TRY_AGAIN_MS);
      return undefined;
    }
    this.#failed.delete(key);
    const isSure = how === 'surely';
    const isolate = { ...loaded, codeBytes: code.length, callsInside: 0, isSure };
    this.#open.set(key, isolate);
    this.#endIdle();
    return isolate;
  }

  /** What nobody remembers goes first, then what was not used for longest. */
  #endIdle(): void {
    const entries = this.#source.ledger.all();
    const open = [...this.#open.values()];
    const isOpen = new Set(open.map(({ id }) => id));
    const forgotten = entries.filter(({ id }) => !isOpen.has(id));
    const idle = open
      .slice(0, -1) // the last one was opened for a call that is about to enter
      .filter(({ callsInside }) => callsInside === 0);
    let count = entries.length;
    let bytes = open.reduce((sum, { codeBytes }) => sum + codeBytes, 0);
    for (const ended of [...forgotten, ...idle]) {
      if (count <= MAX_ISOLATES && bytes <= MAX_KEPT_CODE_BYTES) break;
      this.#end(ended.id);
      count -= 1;
      bytes -= 'codeBytes' in ended ? ended.codeBytes : 0;
    }
  }

  #end(id: string): void {
    for (const [key, isolate] of this.#open) {
      if (isolate.id === id) this.#open.delete(key);
    }
    this.#source.ledger.remove(id);
    this.#ending = this.#ending.then(() => this.#source.loader.end(id));
  }
}

/** Rules that change make other code of the same upload. */
function keyOf({ workspace, plugin, codeHash, memoryPages }: PluginCodeName): string {
  return `${workspace}:${plugin}:${codeHash}:${memoryPages}:${HARDENING_VERSION}`;
}

const LOST_RUN = { output: '', fuel: 0, memoryPages: 0, suspendedMs: 0 };

/** The platform ends an isolate only where our own limits should have ended it before. */
function endOfLostRun(thrown: unknown): 'fuel' | 'memory' | 'trap' {
  const message = thrown instanceof Error ? thrown.message : '';
  if (/\bCPU\b/.test(message)) return 'fuel';
  return /\bmemory\b/i.test(message) ? 'memory' : 'trap';
}
