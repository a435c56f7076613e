/**
 * One plugin's source in an engine: compiled once, evaluated once, and called any number of times,
 * each time in an instance of its own.
 *
 * The top level of a plugin's module runs without clock, chance, settings and host, so that it
 * comes to the same whenever it runs. That is what makes it right to keep the memory behind it and
 * to begin every call from there. Each call pays the fuel that the top level took.
 *
 * @module
 */

import { err, ok, type Result } from '../../../core/primitives/result.ts';
import type { SourceProblem } from '../../../plugin-review/script-facts.ts';
import { scriptModule } from '../../../plugin-review/script-modules.ts';
import { GuestStop } from '../isolate/guest-stop.ts';
import type { HostRun } from '../isolate/host-run.ts';
import type { PluginFailure } from '../isolate/plugin-protocol.ts';
import type { Engine } from './engine.ts';
import { type Address, EVAL } from './engine-exports.ts';
import type { EngineHost } from './engine-imports.ts';
import { GuestMistake } from './guest-mistake.ts';
import {
  createConstantFunctions,
  createHostFunctions,
  type HostFunctions,
} from './host-functions.ts';
import { limitMemory } from './limit-memory.ts';
import { MemoryImage } from './memory-image.ts';
import { notNull, type QuickJs } from './quickjs.ts';
import { call, settle } from './settle.ts';
import { PLUGIN_FILE, readSourceProblem } from './source-problem.ts';

const DECODER = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** The module through which the host reaches what the plugin's exports. */
const ENTRY_FILE = 'sallyport:entry';
/** Pages in which a source is compiled: what comes of it is kept for as long as the isolate. */
const MAX_COMPILED_PAGES = 256;

/** A module that does not let those behind it be evaluated. */
const STOP_FILE = 'sallyport:stop';
const ENTRY_SOURCE = `export * as plugin from '${PLUGIN_FILE}';`;

interface Compiled {
  readonly image: MemoryImage;
}

interface Started extends Compiled {
  /** Address of the namespace of the plugin's module. */
  readonly exported: Address;
  /** What its top level took. */
  readonly fuel: number;
}

export class Script {
  /** Names of the modules that it imports. */
  readonly imports: ReadonlySet<string>;
  readonly #engine: Engine;
  /** How far it has come; what lies behind is not kept. */
  #stage: Compiled | Started;

  /** `run` pays for the compilation and is of no use afterwards. */
  static compile(engine: Engine, source: string, run: HostRun): Result<Script, SourceProblem> {
    const imports = new Set<string>();
    const host: EngineHost = {
      ...NOTHING_OFFERED,
      mayImport: (specifier) =>
        scriptModule(specifier) !== undefined && imports.add(specifier).size > 0,
    };
    const quickJs = engine.instantiate({ run, host, suspends: false }, engine.image);
    limitMemory(quickJs, MAX_COMPILED_PAGES);
    const module = quickJs.evaluate(source, PLUGIN_FILE, EVAL.module | EVAL.compileOnly);
    if (quickJs.isException(module)) return err(readSourceProblem(quickJs.takeError()));
    return ok(new Script(engine, imports, { image: MemoryImage.of(quickJs.exports) }));
  }

  private constructor(engine: Engine, imports: ReadonlySet<string>, compiled: Compiled) {
    this.#engine = engine;
    this.imports = imports;
    this.#stage = compiled;
  }

  /** Whether calls may wait for their lane. */
  get suspends(): boolean {
    return [...this.imports].some((name) => scriptModule(name)?.waits);
  }

  /**
   * Whether what it imports is there, and it exports this name, without running any of its code.
   * Answers what the engine says if not.
   */
  findMissing(name: string | undefined, run: HostRun): string | undefined {
    const host: EngineHost = {
      ...NOTHING_OFFERED,
      mayImport: (specifier, from) => from === ENTRY_FILE || this.imports.has(specifier),
      sourceOf: (moduleName) => (moduleName === STOP_FILE ? 'throw null;' : undefined),
    };
    const given = { run, host, suspends: false };
    const quickJs = this.#engine.instantiate(given, this.#stage.image);
    // All modules are linked before the first is evaluated, and the first one stops.
    const names = name === undefined ? '' : `${name} as wanted`;
    const source = `import '${STOP_FILE}'; import { ${names} } from '${PLUGIN_FILE}';`;
    const promise = quickJs.evaluate(source, ENTRY_FILE, EVAL.module);
    return quickJs.isException(promise) ? quickJs.takeError().message : undefined;
  }

  /**
   * Calls the tool of the run's job, or where it names none the plugin's self-test, and answers
   * its output.
   *
   * @throws GuestStop, and whatever Wasm throws, where there is none.
   */
  async call(run: HostRun): Promise<string> {
    const { image, exported, fuel } = await this.#started(run);
    const { suspends } = this;
    const functions = createHostFunctions(run, suspends ? run.job.host : undefined);
    const host = this.#hostOf(functions, 'unless its module is imported');
    const quickJs = this.#engine.instantiate({ run, host, suspends }, image);
    run.guest.charge(fuel + image.fuel);
    limitMemory(quickJs, run.job.limits.memoryPages);
    const { entry = '', input } = run.job;
    const values = [exported, quickJs.newValue(entry), quickJs.newValue(DECODER.decode(input))];
    const promise = await call(quickJs, { fn: this.#engine.prelude.invoke, values, suspends });
    const settled = await settle(quickJs, promise, suspends);
    if (settled === undefined) return fail(run, 'Error: the tool waits for what will never come');
    const verdict = settled.isFulfilled ? quickJs.read(settled.value) : undefined;
    if (typeof verdict !== 'string') {
      return fail(run, await this.#describe(quickJs, settled.value, suspends));
    }
    return verdict.startsWith('=') ? verdict.slice(1) : fail(run, verdict.slice(1));
  }

  async #started(run: HostRun): Promise<Started> {
    if ('exported' in this.#stage) return this.#stage;
    const started = await this.#start(run, this.#stage.image);
    this.#stage = started;
    return started;
  }

  async #start(run: HostRun, compiled: MemoryImage): Promise<Started> {
    const { job } = run;
    const frozenJob = { ...job, limits: { ...job.limits, clock: false, randomness: false } };
    const frozen = { ...run, job: frozenJob };
    const host = this.#hostOf(createConstantFunctions(frozen), 'before a tool is called');
    const given = { run: frozen, host, suspends: false };
    const quickJs = this.#engine.instantiate(given, compiled);
    limitMemory(quickJs, job.limits.memoryPages);
    const promise = quickJs.evaluate(ENTRY_SOURCE, ENTRY_FILE, EVAL.module);
    if (quickJs.isException(promise)) {
      const error = notNull(quickJs.exports.qjs_get_exception());
      return fail(run, await this.#describe(quickJs, error, false));
    }
    const settled = await settle(quickJs, promise, false);
    if (settled === undefined) return fail(run, 'Error: the module waits for what will never come');
    if (!settled.isFulfilled) {
      return fail(run, await this.#describe(quickJs, settled.value, false));
    }
    const exported = quickJs.property(settled.value, 'plugin');
    return { image: MemoryImage.of(quickJs.exports), exported, fuel: quickJs.fuelUsed };
  }

  /** Asks the prelude, since that may run the plugin's code. */
  async #describe(quickJs: QuickJs, error: Address, suspends: boolean): Promise<string> {
    const fn = this.#engine.prelude.describe;
    const text = quickJs.read(await call(quickJs, { fn, values: [error], suspends }));
    return typeof text === 'string' ? text : 'Error that cannot be shown';
  }

  /** What was not imported when it was compiled cannot be had later. */
  #hostOf(functions: HostFunctions, when: string): EngineHost {
    const byName = new Map(Object.entries(functions));
    return {
      ...NOTHING_OFFERED,
      call(name, values) {
        const run = byName.get(name);
        if (run === undefined) throw new GuestMistake(`Cannot use ${name} ${when}`);
        return run(...values);
      },
      mayImport: (specifier, from) => from === ENTRY_FILE || this.imports.has(specifier),
    };
  }
}

const NOTHING_OFFERED: EngineHost = {
  call: () => undefined,
  mayImport: () => false,
  sourceOf: () => undefined,
};

/**
 * Ends a run with an error of the plugin's, which its author finds in the log.
 *
 * @throws GuestStop always.
 */
function fail({ log }: HostRun, description: string): never {
  log.write('error', description);
  throw new GuestStop(endOf(description));
}

/** By name and message of the error; the last is how regular expressions are refused. */
const ENDS: ReadonlyMap<string, PluginFailure> = new Map([
  ['InternalError: out of memory', 'memory'],
  ['RangeError: Maximum call stack size exceeded', 'stack'],
  ['SyntaxError: stack overflow', 'stack'],
]);

/** The engine's own errors say what ran out. A plugin that throws the same says so of itself. */
function endOf(description: string): PluginFailure {
  const [first = ''] = description.split('\n');
  return ENDS.get(first) ?? 'plugin_error';
}
