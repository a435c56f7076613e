/**
 * A plugin's call and a call to an empty dynamic Worker, each a whole HTTP request through the Worker
 * loader, so that what the wasm tier adds to the platform can be told. Journal, checks and record are
 * not in it: `bench/turn.ts` measures those.
 *
 * Paths are `/<who>/<warm or cold>`; a `POST` to `/<kind>` brings the code of a kind of plugin.
 */

import { DurableObject, RpcTarget } from 'cloudflare:workers';
import type { PluginAnswer, StorageReply } from '../../src/tiers/wasm/isolate/plugin-protocol.ts';
import { ISOLATE_OPTIONS, IsolateLoader } from '../../src/tiers/wasm/isolate-loader.ts';
import { PluginIsolates } from '../../src/tiers/wasm/plugin-isolates.ts';
import type { LaneHost } from '../../src/tiers/wasm/plugin-runner.ts';
import type { Network } from '../../src/tiers/wasm/wasm-tier-bindings.ts';
import { isPluginKind, jobOf, type PluginKindName } from './wasm-kinds.ts';

interface Bindings {
  readonly LOADER: WorkerLoader;
  readonly ASSETS: Network;
  readonly LANE: DurableObjectNamespace<Lane>;
}

const EMPTY = `import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint { run() { return 1; } }`;

/** What no script can do without: an empty Worker beside the engine, one instance of which it makes. */
const ENGINE = `import { WorkerEntrypoint } from 'cloudflare:workers';
import engine from './quickjs.wasm';
const imports = {};
for (const { module, name } of WebAssembly.Module.imports(engine)) (imports[module] ??= {})[name] = () => 0;
export default class extends WorkerEntrypoint {
  run() { return Object.keys(new WebAssembly.Instance(engine, imports).exports).length; }
}`;

/** Of a Worker for which nothing is stated: the platform gives it Node's modules. */
const DEFAULT_OPTIONS = { compatibilityDate: ISOLATE_OPTIONS.compatibilityDate };

/** Answers as soon as it is asked. */
class PromptHost extends RpcTarget implements LaneHost {
  readonly wasAsked = false;

  async http({ url }: { readonly url: string }): Promise<PluginAnswer> {
    return { kind: 'response', status: 200, headers: {}, body: new Uint8Array(8), url };
  }

  async storage(): Promise<StorageReply> {
    return { kind: 'value', value: new TextEncoder().encode('a note') };
  }
}

/** As the lane of a workspace does it: the isolates that are kept belong to an object. */
export class Lane extends DurableObject<Bindings> {
  readonly #codes = new Map<string, Uint8Array>();
  readonly #warm = this.#isolates();
  #count = 0;

  /** The code of a kind of plugin as it is to run. */
  take(kind: string, code: Uint8Array): void {
    this.#codes.set(kind, code.slice());
  }

  async run(path: string): Promise<string> {
    const [, who = '', how] = path.split('/');
    const id = how === 'warm' ? 'warm' : `cold-${this.#count++}`;
    if (!isPluginKind(who)) return String(await this.#runEmpty(who, id));
    return String(await runPlugin(how === 'warm' ? this.#warm : this.#isolates(), who, id));
  }

  /** With what a plugin's isolate does without left out as well, unless it is the default one. */
  async #runEmpty(who: string, id: string): Promise<unknown> {
    const modules =
      who === 'engine'
        ? { 'main.js': ENGINE, 'quickjs.wasm': { wasm: await this.#engine() } }
        : { 'main.js': EMPTY };
    const options = who === 'default' ? DEFAULT_OPTIONS : ISOLATE_OPTIONS;
    const code = { ...options, mainModule: 'main.js', modules };
    const entry = this.env.LOADER.get(`${who}-${id}`, () => code).getEntrypoint();
    return await (entry as unknown as { run(): Promise<number> }).run();
  }

  async #engine(): Promise<Uint8Array> {
    const name = 'quickjs.wasm';
    const known = this.#codes.get(name);
    if (known !== undefined) return known;
    const response = await this.env.ASSETS.fetch(`https://assets.invalid/${name}`);
    this.take(name, new Uint8Array(await response.arrayBuffer()));
    return await this.#engine();
  }

  #isolates(): PluginIsolates {
    return new PluginIsolates({
      loader: new IsolateLoader(this.env.LOADER, this.env.ASSETS),
      ledger: { add: () => undefined, remove: () => undefined, all: () => [] },
      fetchCode: async ({ plugin }) => this.#codes.get(plugin),
      now: () => Date.now(),
    });
  }
}

export default {
  async fetch(request: Request, { LANE }: Bindings): Promise<Response> {
    const lane = LANE.getByName('lane');
    const { pathname } = new URL(request.url);
    if (request.method !== 'POST') return new Response(await lane.run(pathname));
    await lane.take(pathname.slice(1), new Uint8Array(await request.arrayBuffer()));
    return new Response();
  },
} satisfies ExportedHandler<Bindings>;

async function runPlugin(
  plugins: PluginIsolates,
  kind: PluginKindName,
  codeHash: string,
): Promise<unknown> {
  const runner = await plugins.open({
    workspace: 'bench',
    plugin: kind,
    codeHash,
    memoryPages: 256,
  });
  const report = await runner?.run(jobOf(kind), new PromptHost());
  if (report?.end !== 'ok') throw new Error(`the plugin ended with ${report?.end}`);
  return report.fuel;
}
