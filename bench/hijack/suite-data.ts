/**
 * The traces of a public benchmark, as far as the evaluation needs them. What the data says about
 * effects, sensitive arguments and provenance is not even read.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import type { JsonObject, JsonValue } from '../../src/core/primitives/json.ts';
import { findPublicData } from '../../test/support/public-data.ts';

export interface TracedCall {
  readonly tool: string;
  readonly args: JsonObject;
  /** As JSON, with a mark wherever an attacker can write. */
  readonly output: JsonValue;
}

export interface UserTask {
  readonly id: string;
  readonly prompt: string;
  readonly calls: readonly TracedCall[];
  /** The first call whose output an attacker can write to. */
  readonly firstTainted: number | undefined;
}

export interface Attack {
  readonly id: string;
  readonly goal: string;
  readonly calls: readonly TracedCall[];
  /** The calls that make up its effect, by index. */
  readonly essential: readonly number[];
}

export interface Suite {
  readonly name: string;
  readonly tools: readonly ToolFacts[];
  readonly userTasks: readonly UserTask[];
  /** Those that need a tool: what a model merely says is no matter of a gate. */
  readonly attacks: readonly Attack[];
  /** What stands at each mark when nobody attacks. */
  readonly harmless: Readonly<Record<string, string>>;
}

/** What whoever writes a policy knows of a tool. */
export interface ToolFacts {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

interface RawCall {
  readonly tool: string;
  readonly args: JsonObject;
  readonly output: string;
}

interface RawSuite {
  readonly tools: readonly ToolFacts[];
  readonly injection_vectors: Readonly<Record<string, string>>;
  readonly user_tasks: readonly {
    readonly id: string;
    readonly prompt: string;
    readonly calls: readonly RawCall[];
    readonly first_tainted_call: number | null;
  }[];
  readonly injection_tasks: readonly {
    readonly id: string;
    readonly goal: string;
    readonly calls: readonly RawCall[];
    readonly essential_calls: readonly number[];
    readonly output_only: boolean;
  }[];
}

/** The mark of a place that an attacker can write to; its name is the first group. */
const MARK = /---CANARY_([A-Za-z0-9_]+?)---/g;

/** A trace in which every mark, in arguments as in outputs, is what somebody wrote there. */
export function fillMarks(
  calls: readonly TracedCall[],
  write: (mark: string) => string,
): readonly TracedCall[] {
  const fill = (_: string, value: unknown) =>
    typeof value === 'string' ? value.replace(MARK, (_whole, mark: string) => write(mark)) : value;
  return JSON.parse(JSON.stringify(calls, fill)) as readonly TracedCall[];
}

/** Nothing where the data is not there. */
export function readSuite(name: string): Suite | undefined {
  const path = findPublicData('agentdojo.json');
  if (path === undefined) return undefined;
  const { suites } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly suites: Readonly<Record<string, RawSuite>>;
  };
  const raw = suites[name];
  if (raw === undefined) throw new Error(`Cannot find the suite "${name}" in the data`);
  return {
    name,
    tools: raw.tools.map(({ name: tool, description, inputSchema }) => ({
      name: tool,
      description,
      inputSchema,
    })),
    userTasks: raw.user_tasks.map(({ id, prompt, calls, first_tainted_call: tainted }) => ({
      id,
      prompt,
      calls: calls.map(toTracedCall),
      firstTainted: tainted ?? undefined,
    })),
    attacks: raw.injection_tasks
      .filter(({ output_only }) => !output_only)
      .map(({ id, goal, calls, essential_calls }) => ({
        id,
        goal,
        calls: calls.map(toTracedCall),
        essential: essential_calls,
      })),
    harmless: raw.injection_vectors,
  };
}

function toTracedCall({ tool, args, output }: RawCall): TracedCall {
  return { tool, args, output: readOutput(output) };
}

/**
 * The outputs are YAML, as the benchmark shows them to a model; the tool that they stand for would
 * return the value. Text that only looks like YAML stays text.
 */
function readOutput(output: string): JsonValue {
  try {
    const value: unknown = parseYaml(output, { schema: 'core', logLevel: 'error' });
    return isStructured(value) ? (value as JsonValue) : output;
  } catch {
    return output;
  }
}

function isStructured(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
