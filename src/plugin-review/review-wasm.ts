/**
 * Reviews a WebAssembly module: valid, hardened, and what its manifest says it is. What passes here
 * is what will run.
 *
 * @module
 */

import { familiesReachedBy } from '../core/capabilities/reach.ts';
import { pointerError } from '../core/errors/pointer-errors.ts';
import type { Manifest } from '../core/manifest/manifest.ts';
import { abiOf } from '../core/manifest/wasm-abi.ts';
import type { HardenedModule } from '../wasm-hardening/harden.ts';
import { findSecretsInModule } from './find-bundled-secrets.ts';
import { findTexts } from './find-texts.ts';
import { type Finding, refuse, type Severity } from './finding.ts';
import { hardenUpload, type UploadRefusal, type ValidateModule } from './harden-upload.ts';
import {
  AMBIENT_FUNCTIONS,
  adviseForeign,
  familyNeededBy,
  hasNoEffect,
  importsAmbient,
} from './import-advice.ts';
import { describeModule, type ModuleFacts } from './module-facts.ts';
import { readTextSections, type TextSections } from './module-sections.ts';
import { findNeeded, type NeededCapability } from './needed-capabilities.ts';
import type { ScriptFacts } from './script-facts.ts';

/** What a review of code needs besides the code. */
export interface CodeQuestion {
  readonly manifest: Manifest;
  /** What to say of a credential. */
  readonly onSecret: Severity;
  readonly validate: ValidateModule;
  /** Of code in JavaScript; absent where there is no engine to ask. */
  readonly script?: ScriptFacts;
}

export interface CodeReview {
  readonly findings: readonly Finding[];
  /** What may run. Only without a refusal among the findings. */
  readonly hardened?: { readonly bytes: Uint8Array; readonly version: number };
  readonly module?: ModuleFacts;
  /** Absent where it cannot be told from the code. */
  readonly needed?: readonly NeededCapability[];
}

/** A tool's entry takes nothing, since its input is in the kernel, and answers a status or nothing. */
const ENTRY_TYPES: ReadonlySet<string | undefined> = new Set(['()->(i32)', '()->()']);

export function reviewWasm(upload: Uint8Array, question: CodeQuestion): CodeReview {
  const { manifest, onSecret, validate } = question;
  const hardened = hardenUpload(upload, manifest.limits, validate);
  if (!hardened.ok) return { findings: describeRefusal(hardened.error) };

  const { module, hardeningVersion } = hardened.value;
  const sections = readTextSections(upload, module);
  return {
    findings: [
      ...checkAbi(module, manifest),
      ...checkEntries(module, manifest),
      ...checkReach(module, manifest),
      ...findSecretsInModule(sections, onSecret),
      ...describeEffects(module, manifest),
    ],
    hardened: { bytes: module.bytes, version: hardeningVersion },
    module: describeModule(upload, module, sections),
    needed: findNeeded({ manifest, imports: module.imports, texts: textsOf(module, sections) }),
  };
}

/** Most imports that are refused by name. */
const MAX_NAMED_IMPORTS = 32;

function describeRefusal({ problem, foreign }: UploadRefusal): readonly Finding[] {
  const named = foreign
    .slice(0, MAX_NAMED_IMPORTS)
    .map((entry) => refuse('import_unsupported', pointerError(['module'], adviseForeign(entry))));
  if (problem.code === 'import_unsupported') return named;
  return [refuse(problem.code, pointerError(['module'], problem.detail)), ...named];
}

/** A manifest that says what its module is made for must be right about it. */
function checkAbi({ imports }: HardenedModule, { wasm }: Manifest): readonly Finding[] {
  const abi = abiOf(imports);
  if (wasm?.abi === undefined || abi === undefined || wasm.abi === abi) return [];
  const must = `must be "${abi}", which is what the imports of the module are of`;
  return [refuse('abi_mismatch', pointerError(['wasm', 'abi'], must))];
}

/** Every tool is an export that can be called. */
function checkEntries(module: HardenedModule, { tools }: Manifest): readonly Finding[] {
  return tools.flatMap(({ entry }, index) => {
    const exported = module.exports.find(({ name }) => name === entry);
    if (exported?.kind === 'function' && ENTRY_TYPES.has(exported.type)) return [];
    const must = 'must name a function that the module exports, without parameters, giving an i32';
    return [refuse('entry_missing', pointerError(['tools', index, 'entry'], must))];
  });
}

/** A module that can ask for the network, or for its storage, says so in its manifest. */
function checkReach(module: HardenedModule, { capabilities }: Manifest): readonly Finding[] {
  const held = new Set(capabilities.flatMap(familiesReachedBy).map(({ name }) => name));
  return module.imports.flatMap((entry) => {
    const family = familyNeededBy(entry);
    if (family === undefined || held.has(family)) return [];
    const must = `must hold some "${family}", since the module imports "${entry.name}"`;
    return [refuse('capability_missing', pointerError(['capabilities'], must))];
  });
}

/** Imports that are there and do less than their names say. */
function describeEffects({ imports }: HardenedModule, { wasm }: Manifest): readonly Finding[] {
  const idle = [...new Set(imports.filter(hasNoEffect).map(({ name }) => name))];
  const findings: Finding[] = [];
  if (idle.length > 0) {
    const names = idle.map((name) => `"${name}"`).join(', ');
    const detail = `imports ${names}: there are no files and no sockets, so these always answer "not capable"`;
    findings.push({ severity: 'info', code: 'import_without_effect', pointer: '/module', detail });
  }
  for (const kind of ['clock', 'randomness'] as const) {
    const isImported = importsAmbient(imports, kind);
    const isAsked = wasm?.[kind] === true;
    if (isImported && !isAsked) {
      const detail = `imports "${AMBIENT_FUNCTIONS[kind]}", which answers the same in every run unless "wasm.${kind}" is true`;
      findings.push({ severity: 'info', code: 'ambient_constant', pointer: '/module', detail });
    } else if (isAsked && !isImported) {
      const detail = `asks for the ${kind} in vain: the module does not import "${AMBIENT_FUNCTIONS[kind]}"`;
      const pointer = `/wasm/${kind}`;
      findings.push({ severity: 'warn', code: 'capability_unused', pointer, detail });
    }
  }
  return findings;
}

/** Where hosts may be named that the module is made to talk to. */
function textsOf({ imports }: HardenedModule, { data }: TextSections): readonly string[] {
  if (!imports.some((entry) => familyNeededBy(entry) === 'tool:network:http')) return [];
  return data.flatMap(({ content }) => findTexts(content)).map(({ text }) => text);
}
