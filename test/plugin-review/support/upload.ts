/**
 * Uploads for reviews: modules from WebAssembly text, custom sections behind them, and manifests.
 */

import { createHash } from 'node:crypto';
import { verifyEd25519 } from '../../../src/blocks/kit/signatures.ts';
import type { FindingCode } from '../../../src/plugin-review/finding.ts';
import { reviewPlugin } from '../../../src/plugin-review/review-plugin.ts';
import type { ScriptFacts } from '../../../src/plugin-review/script-facts.ts';
import type {
  ReviewPlatform,
  Submission,
  Surroundings,
} from '../../../src/plugin-review/submission.ts';
import { hostFunctionType } from '../../../src/wasm-hardening/host-functions.ts';
import { assemble } from '../../wasm-hardening/support/wat.ts';

export const PLATFORM: ReviewPlatform = {
  validate: (bytes) => WebAssembly.validate(Uint8Array.from(bytes)),
  sha256Hex: (value) => createHash('sha256').update(value).digest('hex'),
  verify: verifyEd25519,
};

const RUN = '(func (export "run") (result i32) (i32.const 0))';
const KERNEL = 'extism:host/env';

/** A module with a tool `run`, and what else is written here before it. */
export function moduleOf(...fields: readonly string[]): Uint8Array {
  return assemble(`(module ${fields.join('\n')} ${RUN})`);
}

/** Under the type that the host has it in, unless another is given; any for what it has not. */
export function importing(name: string, module = KERNEL, type?: string): string {
  const imported = type ?? hostFunctionType(module, name) ?? '(i64)->(i64)';
  const [parameters, results] = imported.split('->').map((list) => list.replace(/[(),]/g, ' '));
  return `(import "${module}" "${name}" (func (param ${parameters}) (result ${results})))`;
}

export const wasi = (name: string) => importing(name, 'wasi_snapshot_preview1');

/** Data at the beginning of a memory of one page. */
export function dataOf(bytes: Uint8Array | string): string {
  const escaped = [...Buffer.from(bytes)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`);
  return `(memory 1) (data (i32.const 0) "${escaped.join('')}")`;
}

/** Appends a custom section. */
export function withSection(module: Uint8Array, name: string, content: Uint8Array): Uint8Array {
  const inner = Buffer.concat([sized(Buffer.from(name)), content]);
  return new Uint8Array(Buffer.concat([module, Buffer.of(0), sized(inner)]));
}

export function sized(bytes: Uint8Array): Buffer {
  return Buffer.concat([leb(bytes.length), bytes]);
}

export function leb(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return Buffer.from([...bytes, left]);
    bytes.push((left & 0x7f) | 0x80);
  }
}

export function manifestOf(changes: object = {}) {
  const tool = {
    name: 'run',
    description: 'Runs',
    inputSchema: { type: 'object', properties: {} },
  };
  return {
    ...{ name: 'sample', version: '1.0.0', kind: 'tool', tier: 'wasm', license: 'MIT' },
    capabilities: [] as string[],
    tools: [tool],
    ...changes,
  };
}

export interface Given {
  readonly code?: Uint8Array | undefined;
  readonly manifest?: object;
  readonly surroundings?: Surroundings;
  readonly signature?: string;
  readonly acceptedGrowth?: string;
  readonly script?: ScriptFacts;
}

export function review(given: Given = {}) {
  const { manifest = {}, surroundings = {}, signature, acceptedGrowth, script } = given;
  const code = 'code' in given ? given.code : moduleOf();
  const submission: Submission = {
    manifestText: JSON.stringify(manifestOf(manifest)),
    ...(code && { code }),
    ...(signature !== undefined && { signatureText: signature }),
    ...(acceptedGrowth !== undefined && { acceptedGrowth }),
    ...(script && { script }),
  };
  return reviewPlugin(submission, PLATFORM, surroundings);
}

/** `severity code pointer` of each finding. */
export function findingsOf(given: Given = {}): readonly string[] {
  return review(given).review.findings.map(
    ({ severity, code, pointer }) => `${severity} ${code} ${pointer}`,
  );
}

export function detailsOf(code: FindingCode, given: Given): readonly string[] {
  return review(given)
    .review.findings.filter((finding) => finding.code === code)
    .map(({ detail }) => detail);
}
