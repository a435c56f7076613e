/**
 * How a few well-known modules are meant to be used, told apart by what they export.
 *
 * Each use drives an instance and answers all that it said, which must be the same after
 * hardening.
 */

import { FUEL_EXPORT } from '../../../src/wasm-hardening/reserved-exports.ts';

type Exports = Readonly<Record<string, (...values: number[]) => number>>;

export interface KnownUse {
  readonly what: string;
  /** A module that exports all of these is one of this kind. */
  readonly exports: readonly string[];
  readonly drive: (instance: Driven) => readonly unknown[];
}

interface Driven {
  readonly call: Exports;
  readonly memory: () => Uint8Array;
  /** What the module told its host. */
  readonly heard: readonly string[];
}

const LINE =
  'export const value = (x) => `text ' + '$' + '{x} end`; import("y"); // import no from 1\n';
const SOURCE = `import a, { b as c } from './x.js'; export * from "y"; const z = await import(\`q\`);
exports.named = require('w'); /* import no from 'no' */ export default class { async *g() { yield /re/g } }
${LINE.repeat(200)}`;

const REQUEST = `POST /path?query=1 HTTP/1.1\r\nHost: example.net\r\nContent-Length: 5\r\nX-Long: ${'y'.repeat(2000)}\r\n\r\nhello`;

/** Two scripts, one of which does not parse. */
function lexModules({ call, memory }: Driven): readonly unknown[] {
  return [SOURCE, `${SOURCE} "`].map((source) => {
    const start = call.sa?.(source.length) ?? 0;
    const units = new Uint16Array(memory().buffer, start, source.length);
    for (let index = 0; index < source.length; index++) units[index] = source.charCodeAt(index);
    const imports: (number | undefined)[] = [
      call.parse?.() ?? call.parseCJS?.(start, source.length, 0, 0, 0),
    ];
    while (call.ri?.()) imports.push(call.is?.(), call.ie?.(), call.ss?.(), call.se?.());
    while (call.re?.()) imports.push(call.es?.(), call.ee?.());
    return imports.join();
  });
}

/** Chunks of 64 bytes and a rest; the digest is left at the beginning of the memory. */
function digest({ call, memory }: Driven): readonly unknown[] {
  call.init?.();
  for (let chunk = 0; chunk < 300; chunk++) {
    memory().fill(chunk & 0xff, 0, 64);
    call.update?.(64);
  }
  memory().set([1, 2, 3], 0);
  call.final?.(3);
  return [memory().slice(0, 64).join()];
}

function parseRequests({ call, memory, heard }: Driven): readonly unknown[] {
  call._initialize?.();
  const parser = call.llhttp_alloc?.(1) ?? 0;
  const results = [REQUEST, 'not HTTP at all\r\n\r\n'].map((text) => {
    const start = call.malloc?.(text.length) ?? 0;
    for (let index = 0; index < text.length; index++)
      memory()[start + index] = text.charCodeAt(index);
    return [
      call.llhttp_execute?.(parser, start, text.length),
      call.llhttp_get_method?.(parser),
    ].join();
  });
  return [...results, ...heard];
}

export const KNOWN_USES: readonly KnownUse[] = [
  { what: 'finds imports and exports', exports: ['sa', 'parse', 'ri', 're'], drive: lexModules },
  { what: 'finds exports', exports: ['sa', 'parseCJS'], drive: lexModules },
  { what: 'hashes', exports: ['init', 'update', 'final', 'memory'], drive: digest },
  { what: 'parses HTTP', exports: ['llhttp_alloc', 'llhttp_execute'], drive: parseRequests },
];

/** Runs a module as it is meant to be, and answers what it said as text. */
export function use(bytes: Uint8Array<ArrayBuffer>, { drive }: KnownUse): string {
  const module = new WebAssembly.Module(bytes);
  const heard: string[] = [];
  const host: Record<string, Record<string, (...values: number[]) => number>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    host[from] ??= {};
    host[from][name] = (...values) => heard.push(`${name}(${values.join()})`) * 0;
  }
  const { exports } = new WebAssembly.Instance(module, host);
  const fuel = exports[FUEL_EXPORT];
  if (fuel instanceof WebAssembly.Global) fuel.value = 1n << 40n;
  const memory = exports.memory as WebAssembly.Memory;
  memory.grow(8); // room for what is handed in
  const call = exports as unknown as Exports;
  return drive({ call, heard, memory: () => new Uint8Array(memory.buffer) }).join('\n');
}
