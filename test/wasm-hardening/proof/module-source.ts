/**
 * Modules as a script holds them: as bytes, or as text that has to be assembled.
 */

import wabt from 'wabt';
import { headOf, type List } from './s-expression.ts';

const toolkit = await wabt();

const ALL_FEATURES = Object.fromEntries(
  [
    ...['sat_float_to_int', 'sign_extension', 'simd', 'multi_value', 'tail_call', 'bulk_memory'],
    ...['reference_types', 'mutable_globals', 'extended_const', 'exceptions', 'threads'],
    ...['memory64', 'multi_memory', 'relaxed_simd', 'gc', 'function_references', 'annotations'],
  ].map((feature) => [feature, true]),
);

export interface ModuleSource {
  /** The name by which the script speaks of it, if it has one. */
  readonly name: string | undefined;
  /** Answers nothing if no assembler at hand knows its syntax. */
  assemble(): Uint8Array<ArrayBuffer> | undefined;
  /** The same, for a module that is not valid and must stay as it is. */
  assembleInvalid(): Uint8Array<ArrayBuffer> | undefined;
}

/** `list` is a `(module …)`, `source` the script that it stands in. */
export function readModuleSource(list: List, source: string): ModuleSource {
  const words = list.items.slice(1, 4).flatMap((item) => (item.kind === 'atom' ? [item.text] : []));
  const rest = words.filter((word) => word !== 'definition');
  const name = rest.find((word) => word.startsWith('$'));
  const texts = list.items.flatMap((item) => (item.kind === 'text' ? [item.bytes] : []));
  if (rest.includes('binary')) {
    const assemble = () => toBytes(texts.join(''));
    return { name, assemble, assembleInvalid: assemble };
  }
  const text = rest.includes('quote')
    ? `(module ${texts.join(' ')})`
    : source.slice(list.start, list.end).replace(/^\(module\s+definition/, '(module');
  return {
    name,
    assemble: () => assembleByToolkit(text) ?? assembleByOptimizer(text),
    assembleInvalid: () => assembleByToolkit(text),
  };
}

/** Some scripts are one module without its parentheses. */
export function isField(list: List): boolean {
  return /^(?:type|import|func|table|memory|global|export|start|elem|data)$/.test(headOf(list));
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function assembleByToolkit(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const module = toolkit.parseWat('module.wat', toBytes(text), ALL_FEATURES);
    const bytes = Uint8Array.from(module.toBinary({}).buffer);
    module.destroy();
    return bytes;
  } catch {
    return undefined;
  }
}

interface Optimizer {
  readonly Features: { readonly All: number };
  parseText(text: string): {
    setFeatures(features: number): void;
    emitBinary(): Uint8Array;
    dispose(): void;
  };
}

/**
 * Comes with AssemblyScript, and reads the syntax of garbage collection, which the toolkit does
 * not. It rewrites what it reads, so that it is asked second.
 */
const optimizer: Optimizer | undefined = await import('binaryen').then(
  (loaded: { default: Optimizer }) => loaded.default,
  () => undefined,
);

function assembleByOptimizer(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (optimizer === undefined) return undefined;
  try {
    const module = optimizer.parseText(text);
    module.setFeatures(optimizer.Features.All);
    const bytes = Uint8Array.from(module.emitBinary());
    module.dispose();
    return bytes;
  } catch {
    return undefined;
  }
}
