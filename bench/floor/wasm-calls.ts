/**
 * A plugin's call and a call to an empty dynamic Worker, each a whole HTTP request through the Worker
 * loader, so that what the wasm tier adds to the platform can be told. Journal, checks and record are
 * not in it: `bench/turn.ts` measures those.
 */

import { DurableObject } from 'cloudflare:workers';
import { DEFAULT_WASM_LIMITS } from '../../src/core/manifest/wasm-limits.ts';
import type { PluginHost } from '../../src/tiers/wasm/isolate/plugin-protocol.ts';
import { ISOLATE_OPTIONS, IsolateLoader } from '../../src/tiers/wasm/isolate-loader.ts';
import { PluginIsolates } from '../../src/tiers/wasm/plugin-isolates.ts';

interface Bindings {
  readonly LOADER: WorkerLoader;
  readonly LANE: DurableObjectNamespace<Lane>;
}

const EMPTY = `import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint { run() { return 1; } }`;

/** Of a Worker for which nothing is stated: the platform gives it Node's modules. */
const DEFAULT_OPTIONS = { compatibilityDate: ISOLATE_OPTIONS.compatibilityDate };

const NAME = { workspace: 'bench', plugin: 'text-stats', memoryPages: 256 };

const JOB = {
  plugin: 'text-stats',
  tool: 'text-stats',
  entry: 'text_stats',
  input: JSON.stringify({ text: 'the quick brown fox jumps over the lazy dog' }),
  limits: DEFAULT_WASM_LIMITS,
};

/** As the lane of a workspace does it: the isolates that are kept belong to an object. */
export class Lane extends DurableObject<Bindings> {
  readonly #warm = isolates(this.env.LOADER, () => this.#code);
  /** The hardened module, as the bench has sent it. */
  #code = new Uint8Array();
  #count = 0;

  take(code: Uint8Array): void {
    this.#code = code.slice();
  }

  async run(path: string): Promise<string> {
    const { LOADER } = this.env;
    const fresh = `cold-${this.#count++}`;
    switch (path) {
      case '/empty/warm':
        return String(await runEmpty(LOADER, 'warm'));
      case '/empty/cold':
        return String(await runEmpty(LOADER, fresh));
      case '/default/cold':
        return String(await runEmpty(LOADER, fresh, DEFAULT_OPTIONS));
      case '/plugin/warm':
        return String(await runPlugin(this.#warm, 'warm'));
      default:
        return String(
          await runPlugin(
            isolates(LOADER, () => this.#code),
            fresh,
          ),
        );
    }
  }
}

export default {
  async fetch(request: Request, { LANE }: Bindings): Promise<Response> {
    const lane = LANE.getByName('lane');
    const { pathname } = new URL(request.url);
    if (pathname !== '/code') return new Response(await lane.run(pathname));
    await lane.take(new Uint8Array(await request.arrayBuffer()));
    return new Response();
  },
} satisfies ExportedHandler<Bindings>;

/** With what a plugin's isolate does without left out as well, unless options are stated. */
async function runEmpty(
  loader: WorkerLoader,
  id: string,
  options: Pick<WorkerLoaderWorkerCode, 'compatibilityDate'> = ISOLATE_OPTIONS,
): Promise<unknown> {
  const worker = loader.get(`empty-${id}`, () => ({
    ...options,
    mainModule: 'empty.js',
    modules: { 'empty.js': EMPTY },
  }));
  return await (worker.getEntrypoint() as unknown as { run(): Promise<number> }).run();
}

async function runPlugin(plugins: PluginIsolates, codeHash: string): Promise<unknown> {
  const runner = await plugins.open({ ...NAME, codeHash });
  const report = await runner?.run(JOB, {} as PluginHost);
  if (report?.end !== 'ok') throw new Error(`the plugin ended with ${report?.end}`);
  return report.fuel;
}

function isolates(loader: WorkerLoader, code: () => Uint8Array): PluginIsolates {
  return new PluginIsolates({
    loader: new IsolateLoader(loader, undefined),
    ledger: {
      add: () => undefined,
      remove: () => undefined,
      all: () => [],
    },
    fetchCode: async () => code(),
    now: () => Date.now(),
  });
}
