/**
 * Reviews the source of a plugin in JavaScript: text that compiles, and what its manifest says it
 * is. What passes here is what will run, in an engine that is bounded as other modules are.
 *
 * @module
 */

import type { FamilyName } from '../core/capabilities/catalogue.ts';
import { familiesReachedBy } from '../core/capabilities/reach.ts';
import { pointerError } from '../core/errors/pointer-errors.ts';
import type { Manifest } from '../core/manifest/manifest.ts';
import { AMBIENT_CAPABILITIES, DEFAULT_WASM_LIMITS } from '../core/manifest/wasm-limits.ts';
import { HARDENING_VERSION } from '../wasm-hardening/harden.ts';
import { findSecretsInModule } from './find-bundled-secrets.ts';
import { findTexts } from './find-texts.ts';
import { type Finding, refuse } from './finding.ts';
import { findNeeded } from './needed-capabilities.ts';
import type { CodeQuestion, CodeReview } from './review-wasm.ts';
import {
  isScript,
  MAX_SCRIPT_BYTES,
  MIN_SCRIPT_PAGES,
  type ScriptFacts,
  type SourceProblem,
} from './script-facts.ts';
import { scriptModule } from './script-modules.ts';
import { toVisibleName } from './visible-name.ts';

export function reviewScript(source: Uint8Array, question: CodeQuestion): CodeReview {
  const { manifest, onSecret, script: facts } = question;
  const problem = findProblem(source, facts);
  if (problem !== undefined) return { findings: [problem] };
  const imports = facts?.imports ?? [];
  const section = { name: 'source', offset: 0, content: source };
  return {
    findings: [
      ...(facts === undefined ? [UNCHECKED] : []),
      ...checkMemory(manifest),
      ...checkEntries(facts, manifest),
      ...checkReach(imports, manifest),
      ...findSecretsInModule({ data: [], custom: [section] }, onSecret),
    ],
    hardened: { bytes: source, version: HARDENING_VERSION },
    ...(facts && { needed: findNeeded(capabilityFacts(source, imports, manifest)) }),
  };
}

function findProblem(source: Uint8Array, facts: ScriptFacts | undefined): Finding | undefined {
  const invalid = (must: string) => refuse('script_invalid', pointerError(['module'], must));
  if (source.length > MAX_SCRIPT_BYTES) {
    const must = `must have at most ${MAX_SCRIPT_BYTES} bytes`;
    return refuse('module_too_large', pointerError(['module'], must));
  }
  if (!isScript(source)) {
    return invalid('must be the source text, since "wasm.language" is "javascript"');
  }
  if (source.includes(0)) return invalid('must be text without zero bytes');
  return facts?.problem && invalid(describe(facts.problem));
}

function describe({ message, line, column }: SourceProblem): string {
  const place = line === undefined ? '' : ` (line ${line}, column ${column ?? 1})`;
  return `must be a JavaScript module that compiles: ${toVisibleName(message)}${place}`;
}

const UNCHECKED: Finding = {
  severity: 'info',
  code: 'script_unchecked',
  pointer: '/module',
  detail:
    'was not compiled, since there is no engine here: the gateway does it when it is uploaded',
};

function checkMemory({ limits }: Manifest): readonly Finding[] {
  const { memoryPages = DEFAULT_WASM_LIMITS.memoryPages } = limits;
  if (memoryPages >= MIN_SCRIPT_PAGES) return [];
  const must = `must be at least ${MIN_SCRIPT_PAGES}, which the engine of JavaScript needs`;
  return [refuse('memory_too_small', pointerError(['limits', 'memoryPages'], must))];
}

/** Every tool is an export; whether it is a function shows when it is called. */
function checkEntries(facts: ScriptFacts | undefined, { tools }: Manifest): readonly Finding[] {
  const missing = new Set(facts?.missing);
  return tools.flatMap(({ entry }, index) => {
    if (!missing.has(entry)) return [];
    const must = 'must name a function that the module exports';
    return [refuse('entry_missing', pointerError(['tools', index, 'entry'], must))];
  });
}

/** A script that can ask for the network, or for its storage, says so in its manifest. */
function checkReach(imports: readonly string[], manifest: Manifest): readonly Finding[] {
  const held = familiesHeld(manifest);
  return imports.flatMap((name) => {
    const families = scriptModule(name)?.families ?? [];
    if (families.length === 0 || families.some((family) => held.has(family))) return [];
    const some = families.map((family) => `"${family}"`).join(' or ');
    const must = `must hold some ${some}, since the module imports "${name}"`;
    return [refuse('capability_missing', pointerError(['capabilities'], must))];
  });
}

function familiesHeld({ capabilities }: Manifest): ReadonlySet<FamilyName> {
  return new Set(capabilities.flatMap(familiesReachedBy).map(({ name }) => name));
}

function capabilityFacts(source: Uint8Array, imports: readonly string[], manifest: Manifest) {
  const isSending = imports.some((name) =>
    scriptModule(name)?.families.includes('tool:network:http'),
  );
  return {
    manifest,
    imports: [],
    reasons: [...reasonsOf(imports, manifest), ...ambientReasons(manifest)],
    texts: isSending ? findTexts(source).map(({ text }) => text) : [],
  };
}

/** Of several families that a module serves, those that are asked for; all of them if none is. */
function reasonsOf(
  imports: readonly string[],
  manifest: Manifest,
): readonly (readonly [FamilyName, string])[] {
  const held = familiesHeld(manifest);
  return imports.flatMap((name) => {
    const families = scriptModule(name)?.families ?? [];
    const asked = families.filter((family) => held.has(family));
    const needed = asked.length > 0 ? asked : families;
    return needed.map((family) => [family, `the code imports "${name}"`] as const);
  });
}

/** The language has clock and chance at hand everywhere, so that asking for them is using them. */
function ambientReasons({ wasm }: Manifest): readonly (readonly [FamilyName, string])[] {
  return (['clock', 'randomness'] as const).flatMap((kind) =>
    wasm?.[kind] === true ? [[AMBIENT_CAPABILITIES[kind], `"wasm.${kind}" is true`] as const] : [],
  );
}
