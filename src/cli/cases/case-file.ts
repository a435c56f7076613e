/**
 * The cases of a plugin: `cases/*.json`, each one case or a list of them.
 *
 * @example
 * ```json
 * { "tool": "hello", "arguments": { "name": "Ada" }, "expect": { "matches": { "words": 2 } } }
 * ```
 *
 * @module
 */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { readShape } from '../../core/errors/pointer-errors.ts';
import type { JsonObject, JsonValue } from '../../core/primitives/json.ts';
import { CommandFailure } from '../command-failure.ts';
import { readJson } from '../read-file.ts';

const MAX_CASE_FILE_BYTES = 1_048_576;
const MAX_FILES = 1_000;

/** What must come of a call; exactly one of them. */
export type Expectation =
  /** The answer itself: as a value if it is JSON, else as text. */
  | { readonly kind: 'result'; readonly value: JsonValue }
  /** A part of the answer: these members of objects, these characters of a text. */
  | { readonly kind: 'matches'; readonly value: JsonValue }
  | { readonly kind: 'denied'; readonly check: string; readonly reason: string };

export interface PluginCase {
  /** The file, and where in it. */
  readonly name: string;
  /** Absent where the plugin has one tool only. */
  readonly tool?: string;
  readonly arguments: JsonObject;
  readonly expect: Expectation;
}

const json: z.ZodType<JsonValue> = z.json();

const caseSchema = z.strictObject({
  name: z.string().min(1).max(200).exactOptional(),
  tool: z.string().min(1).max(64).exactOptional(),
  arguments: z.record(z.string(), json).default({}),
  expect: z.union(
    [
      z.strictObject({ result: json }),
      z.strictObject({ matches: json }),
      z.strictObject({ denied: z.strictObject({ check: z.string(), reason: z.string() }) }),
    ],
    'must hold one of "result", "matches" and "denied: {check, reason}"',
  ),
});

/** All cases, in the order of their files' names. @throws CommandFailure if there are none. */
export function readCases(folder: string): readonly PluginCase[] {
  const cases = join(folder, 'cases');
  const files = existsSync(cases)
    ? readdirSync(cases).filter((name) => name.endsWith('.json'))
    : [];
  if (files.length > MAX_FILES) {
    throw CommandFailure.usage(
      `Cannot test "${folder}": at most ${MAX_FILES} files hold its cases`,
    );
  }
  const read = files.sort().flatMap((file) => readCaseFile(join(cases, file), file));
  if (read.length > 0) return read;
  throw CommandFailure.usage(`Cannot test "${folder}": there must be a case in "${cases}"`);
}

function readCaseFile(path: string, file: string): readonly PluginCase[] {
  const content = readJson(path, MAX_CASE_FILE_BYTES);
  const isList = Array.isArray(content);
  const items: readonly JsonValue[] = isList ? content : [content];
  return items.map((item, index) => {
    const at = isList ? `${file}[${index}]` : file;
    const read = readShape(caseSchema, item);
    if (!read.ok) {
      const list = read.error.map(({ pointer, detail }) => `${pointer || 'it'} ${detail}`);
      throw CommandFailure.usage(`Cannot read the case ${at}`, list);
    }
    const { name, tool, arguments: args, expect } = read.value;
    return {
      name: name === undefined ? at : `${at} ${name}`,
      ...(tool !== undefined && { tool }),
      arguments: args,
      expect: toExpectation(expect),
    };
  });
}

function toExpectation(expect: z.infer<typeof caseSchema>['expect']): Expectation {
  if ('denied' in expect) return { kind: 'denied', ...expect.denied };
  if ('result' in expect) return { kind: 'result', value: expect.result };
  return { kind: 'matches', value: expect.matches };
}
