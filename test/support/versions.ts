/**
 * Versions of a plugin, made when a test wants them: each answers its own version, after as much
 * work as it is told.
 */

import createWabt from 'wabt';
import type { Gateway } from './gateway.ts';

export interface PluginVersion {
  readonly manifest: object;
  readonly module: Uint8Array;
}

export interface VersionFacts {
  readonly name?: string;
  readonly version: string;
  /** Turns of a loop, some nanoseconds each, in every call. */
  readonly work?: number;
  /** The same, before it serves. A negative number never ends. */
  readonly startWork?: number;
}

/** A plugin whose one tool, of the same name, answers `"<version>"`. */
export async function buildVersion(facts: VersionFacts): Promise<PluginVersion> {
  const { name = 'which', version } = facts;
  return {
    manifest: {
      ...{ name, version, kind: 'tool', tier: 'wasm', license: 'MIT', capabilities: [] },
      limits: { fuel: 1_000_000_000 },
      tools: [
        {
          name,
          description: 'Answers the version that serves',
          inputSchema: { type: 'object', properties: {} },
          annotations: { readOnlyHint: true },
          entry: 'which',
        },
      ],
    },
    module: await compileText(toText(facts)),
  };
}

/** WebAssembly text to binary. */
async function compileText(text: string): Promise<Uint8Array> {
  const wabt = await createWabt();
  const module = wabt.parseWat('version.wat', text);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

export async function installVersion(
  { url, token }: Pick<Gateway, 'url' | 'token'>,
  { manifest, module }: PluginVersion,
) {
  const form = new FormData();
  form.set('manifest', JSON.stringify(manifest));
  form.set('module', new Blob([new Uint8Array(module)]), 'plugin.wasm');
  const response = await fetch(`${url}/v1/plugins`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    body: form,
  });
  return { status: response.status, body: await response.json() };
}

/** The name stands in it too, so that no two plugins have the same code. */
function toText({ name = 'which', version, work = 0, startWork = 0 }: VersionFacts): string {
  const answer = JSON.stringify(version);
  return `(module
    (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
    (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
    (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
    (memory (export "memory") 1)
    (data (i32.const 0) ${JSON.stringify(answer)})
    (data (i32.const 1024) ${JSON.stringify(name)})
    (func $work (param $turns i32)
      (block $done
        (loop $next
          (br_if $done (i32.eqz (local.get $turns)))
          (local.set $turns (i32.sub (local.get $turns) (i32.const 1)))
          (br $next))))
    (func $start (call $work (i32.const ${startWork})))
    (start $start)
    (func (export "which") (result i32)
      (local $block i64) (local $at i32)
      (call $work (i32.const ${work}))
      (local.set $block (call $alloc (i64.const ${answer.length})))
      (loop $next
        (call $store_u8
          (i64.add (local.get $block) (i64.extend_i32_u (local.get $at)))
          (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $at) (i32.const ${answer.length}))))
      (call $output_set (local.get $block) (i64.const ${answer.length}))
      (i32.const 0)))`;
}
