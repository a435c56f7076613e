/**
 * Runs one script of the specification suite in both worlds and counts what is the same.
 */

import { hardenModule } from '../../../src/wasm-hardening/harden.ts';
import {
  type HardeningPolicy,
  HIGHEST_LIMITS,
} from '../../../src/wasm-hardening/hardening-policy.ts';
import { unpaidIn } from '../support/verify-payment.ts';
import { type Command, readCommands } from './commands.ts';
import type { ModuleSource } from './module-source.ts';
import type { SpecCounts } from './spec-counts.ts';
import { type Outcome, type Signature, World } from './worlds.ts';

const POLICY: HardeningPolicy = { ...HIGHEST_LIMITS, allowsImport: () => true };

/** What is known of a module that runs in both worlds. */
type Signatures = ReadonlyMap<string, Signature>;

/** `where` names the script, for the report. */
export function runScript(source: string, where: string, counts: SpecCounts): void {
  const script = new Script(where, counts);
  for (const command of readCommands(source)) script.run(command);
}

class Script {
  private readonly original = new World();
  private readonly hardened = new World();
  private readonly where: string;
  private readonly counts: SpecCounts;
  private readonly definitions = new Map<string, ModuleSource>();
  private readonly signatures = new Map<string | undefined, Signatures>();
  private latestDefinition: ModuleSource | undefined;

  constructor(where: string, counts: SpecCounts) {
    this.where = where;
    this.counts = counts;
  }

  run(command: Command): void {
    switch (command.kind) {
      case 'module':
        this.latestDefinition = command.source;
        if (command.source.name !== undefined)
          this.definitions.set(command.source.name, command.source);
        this.instantiate(command.source, command.source.name);
        break;
      case 'definition':
        this.latestDefinition = command.source;
        if (command.source.name !== undefined)
          this.definitions.set(command.source.name, command.source);
        break;
      case 'instance': {
        const { of } = command;
        const source = of === undefined ? this.latestDefinition : this.definitions.get(of);
        if (source !== undefined) this.instantiate(source, command.name);
        break;
      }
      case 'register':
        this.original.register(command.as, command.module);
        this.hardened.register(command.as, command.module);
        break;
      case 'action':
        this.act(command);
        break;
      case 'invalid':
        this.refuse(command.source);
        break;
      case 'unlinkable':
        break; // linking is the engine's, with the imports as they were
      case 'uninstantiable':
        this.instantiate(command.source, undefined);
    }
  }

  private instantiate(source: ModuleSource, name: string | undefined): void {
    this.original.skip(name);
    this.hardened.skip(name);
    this.signatures.delete(name);
    const bytes = source.assemble();
    if (bytes === undefined) this.counts.add('notAssembled');
    else if (!WebAssembly.validate(bytes)) this.counts.add('unknownToEngine');
    else this.hardenAndInstantiate(bytes, name);
  }

  private hardenAndInstantiate(bytes: Uint8Array<ArrayBuffer>, name: string | undefined): void {
    const hardened = hardenModule(bytes, POLICY);
    if (!hardened.ok) {
      this.counts.refuse(hardened.error.message);
      return;
    }
    this.counts.add('hardened');
    if (!WebAssembly.validate(hardened.value.bytes)) {
      this.counts.differ(this.where, 'the output is not valid');
      return;
    }
    for (const what of unpaidIn(hardened.value)) this.counts.differ(this.where, what);
    if (!this.hardened.offersImportsOf(hardened.value.bytes)) {
      this.counts.add('notLinked');
      return;
    }
    const signatures = toSignatures(hardened.value.exports);
    this.signatures.set(name, signatures);
    this.signatures.set(undefined, signatures);
    const outcomes = [
      this.original.instantiate(bytes, name),
      this.hardened.instantiate(hardened.value.bytes, name),
    ] as const;
    if (outcomes.some(({ kind }) => kind === 'trap')) this.compare('instantiation', outcomes);
  }

  private act({ action }: Extract<Command, { kind: 'action' }>): void {
    if (!this.hardened.has(action)) {
      this.counts.add('ofRefusedModules');
      return;
    }
    const signature = this.signatures.get(action.module)?.get(action.name);
    this.compare(action.name, [
      this.original.run(action, signature),
      this.hardened.run(action, signature),
    ]);
  }

  private refuse(source: ModuleSource): void {
    const bytes = source.assembleInvalid();
    if (bytes === undefined) this.counts.add('invalidText');
    else if (WebAssembly.validate(bytes)) this.counts.add('validToEngine');
    else this.tryInvalid(bytes);
  }

  /** The contract is that who is not valid is not hardened. What if he were? */
  private tryInvalid(bytes: Uint8Array<ArrayBuffer>): void {
    this.counts.add('invalid');
    const hardened = hardenModule(bytes, POLICY);
    if (!hardened.ok) this.counts.add('invalidRefusedByHardening');
    else if (WebAssembly.validate(hardened.value.bytes)) this.counts.add('invalidMadeValid');
  }

  private compare(what: string, [original, hardened]: readonly [Outcome, Outcome]): void {
    if (isSame(original, hardened)) this.counts.add(COUNTED_AS[original.kind]);
    else this.counts.differ(this.where, `${what}: ${print(original)}, hardened ${print(hardened)}`);
  }
}

const COUNTED_AS = { values: 'results', trap: 'traps', unasked: 'unasked' } as const;

function toSignatures(exports: readonly { name: string; type?: string }[]): Signatures {
  const split = (list: string | undefined) => (list ? list.split(',') : []);
  return new Map(
    exports.map(({ name, type = '' }) => {
      const [, parameters, results] = /^\((.*)\)->\((.*)\)$/.exec(type) ?? [];
      return [name, { parameters: split(parameters), results: split(results) }];
    }),
  );
}

/** Functions are equal by kind: each world has its own. */
function isSame(a: Outcome, b: Outcome): boolean {
  if (a.kind === 'trap') return b.kind === 'trap' && a.message === b.message;
  if (a.kind === 'unasked') return b.kind === 'unasked';
  return (
    b.kind === 'values' &&
    a.values.length === b.values.length &&
    a.values.every((value, index) => {
      const other = b.values[index];
      return (
        Object.is(value, other) || (typeof value === 'function' && typeof other === 'function')
      );
    })
  );
}

function print(outcome: Outcome): string {
  if (outcome.kind === 'trap') return `trap "${outcome.message}"`;
  return outcome.kind === 'values' ? outcome.values.map(String).join() : 'unasked';
}
