/**
 * Runs a module and writes down all that can be seen of it, as plain text and numbers.
 *
 * It uses nothing but WebAssembly itself, so that it runs in every engine, and takes modules as
 * they were uploaded and hardened ones alike.
 */

/** Values are written as `i32 5`, `i64 -7`, `f64 0.5`, `f64 NaN` or `ref text`. */
export interface Call {
  readonly name: string;
  readonly values: readonly string[];
}

export interface Scenario {
  /** Functions to be provided; `type` as `(i32,f64)->(i64)`. */
  readonly imports: readonly {
    readonly module: string;
    readonly name: string;
    readonly type: string;
  }[];
  readonly calls: readonly Call[];
  /** What each call may use. */
  readonly fuel: number;
  /** Fuel that the host takes when it is called, as a host does. */
  readonly hostFuel: number;
  /** Decides what the host answers. */
  readonly seed: number;
}

export interface Observation {
  /** What came of the start function of a hardened module, if it has one. */
  readonly start?: string;
  /** What came of each call, up to the first that was not to end by itself. */
  readonly outcomes: readonly string[];
  /** Of each call; 0 for a module that was not hardened. */
  readonly fuelUsed: readonly number[];
  /** Of which the host took so much, over all calls. */
  readonly fuelTakenByHost: number;
  /** What the host was told and the content of memories, as one number. */
  readonly state: number;
  /** Exported globals by name. */
  readonly globals: Readonly<Record<string, string>>;
}

/** The outcome of a call that ended well and answered nothing. */
const NO_VALUES = 'values: ';
export const EXHAUSTED = 'out of fuel';
export const STACK_OVERFLOW = 'trap: stack overflow';

/** The first calls of a scenario only. */
export function firstCalls(scenario: Scenario, count: number): Scenario {
  return { ...scenario, calls: scenario.calls.slice(0, count) };
}

/** Answers a text if the module cannot even be instantiated. */
export function observe(module: WebAssembly.Module, scenario: Scenario): Observation | string {
  const host = new Host(scenario);
  try {
    const { exports } = new WebAssembly.Instance(module, host.imports);
    return new Run(exports, host, scenario).toEnd();
  } catch (thrown) {
    if (thrown instanceof WebAssembly.LinkError) return 'link error';
    if (thrown instanceof WebAssembly.RuntimeError) return `trap: ${thrown.message}`;
    throw thrown;
  }
}

const RESERVED = '__sallyport_';
const START: Call = { name: '__sallyport_start', values: [] };

class Run {
  private readonly exports: WebAssembly.Exports;
  private readonly host: Host;
  private readonly scenario: Scenario;
  private readonly fuel: { value: bigint } | undefined;

  constructor(exports: WebAssembly.Exports, host: Host, scenario: Scenario) {
    this.exports = exports;
    this.host = host;
    this.scenario = scenario;
    this.fuel = exports.__sallyport_fuel as unknown as { value: bigint } | undefined;
    host.fuel = this.fuel;
  }

  toEnd(): Observation {
    const outcomes: string[] = [];
    const fuelUsed: number[] = [];
    const start = this.exports.__sallyport_start && this.measure(START);
    const hasStarted = start === undefined || start.outcome === NO_VALUES;
    for (const call of hasStarted ? this.scenario.calls : []) {
      const { outcome, used } = this.measure(call);
      outcomes.push(outcome);
      fuelUsed.push(used);
      if (outcome === EXHAUSTED || outcome === STACK_OVERFLOW) break;
    }
    return {
      ...(start && { start: start.outcome }),
      outcomes,
      fuelUsed,
      fuelTakenByHost: this.host.fuelTaken,
      state: this.state(),
      globals: this.globals(),
    };
  }

  private measure(call: Call): { readonly outcome: string; readonly used: number } {
    if (this.fuel !== undefined) this.fuel.value = BigInt(this.scenario.fuel);
    const outcome = this.call(call);
    const left = Number(this.fuel?.value ?? 0n);
    const used = this.fuel === undefined ? 0 : this.scenario.fuel - left;
    return { outcome: left < 0 ? EXHAUSTED : outcome, used };
  }

  private call({ name, values }: Call): string {
    try {
      const called = this.exports[name] as (...values: unknown[]) => unknown;
      return `values: ${toTexts(called(...values.map(fromText))).join()}`;
    } catch (thrown) {
      // Where the stack ends depends on the engine, that it ends does not.
      if (thrown instanceof RangeError) return STACK_OVERFLOW;
      if (thrown instanceof WebAssembly.RuntimeError) return `trap: ${thrown.message}`;
      if (thrown instanceof TypeError) return 'not called: values of other types';
      throw thrown;
    }
  }

  private state(): number {
    const { hash } = this.host;
    for (const [name, item] of Object.entries(this.exports))
      if (item instanceof WebAssembly.Memory && !name.startsWith(RESERVED))
        hash.bytes(new Uint8Array(item.buffer));
    return hash.value;
  }

  private globals(): Record<string, string> {
    const globals: Record<string, string> = {};
    for (const [name, item] of Object.entries(this.exports))
      if (item instanceof WebAssembly.Global && !name.startsWith(RESERVED))
        globals[name] = toText(readGlobal(item));
    return globals;
  }
}

function readGlobal(global: WebAssembly.Global): unknown {
  try {
    return global.value;
  } catch {
    return 'a vector';
  }
}

class Host {
  readonly imports: Record<string, Record<string, (...values: unknown[]) => unknown>> = {};
  readonly hash = new Hash();
  fuel: { value: bigint } | undefined;
  fuelTaken = 0;
  private state: number;

  constructor(scenario: Scenario) {
    this.state = scenario.seed;
    for (const { module, name, type } of scenario.imports) {
      const results = /->\((.*)\)$/.exec(type)?.[1] ?? '';
      const types = results === '' ? [] : results.split(',');
      this.imports[module] ??= {};
      this.imports[module][name] = (...values) => {
        this.hash.text(`${name} ${values.map((value) => toText(value)).join()}`);
        this.take(scenario.hostFuel);
        const answers = types.map((result) => this.answer(result));
        return answers.length > 1 ? answers : answers[0];
      };
    }
  }

  private take(fuel: number): void {
    if (this.fuel === undefined) return;
    this.fuel.value -= BigInt(fuel);
    this.fuelTaken += fuel;
  }

  private answer(type: string): unknown {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) | 0;
    const value = this.state >> 20;
    if (type === 'i64') return BigInt(value);
    return type.endsWith('ref') ? null : value;
  }
}

/** FNV-1a over 32 bits, four bytes at a time where there are many. */
class Hash {
  value = 0x811c9dc5;

  text(text: string): void {
    for (let index = 0; index < text.length; index++) this.add(text.charCodeAt(index));
  }

  bytes(bytes: Uint8Array): void {
    for (const word of new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2))
      this.add(word);
  }

  private add(part: number): void {
    this.value = Math.imul(this.value ^ part, 0x0100_0193);
  }
}

function toTexts(result: unknown): readonly string[] {
  if (result === undefined) return [];
  return (Array.isArray(result) ? result : [result]).map(toText);
}

function toText(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  return Object.is(value, -0) ? '-0' : String(value);
}

function fromText(text: string): unknown {
  const [type = '', value = ''] = text.split(' ');
  if (type === 'i64') return BigInt(value);
  if (type === 'ref') return value === 'null' ? null : value;
  return Number(value);
}
