/**
 * The text of a scripted conversation, read strictly: what is not understood is refused by name.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { EmbeddedReply } from './embedded-reply.ts';

export interface ScriptedCall {
  readonly name: string;
  /** As written when the script gave a text, so that it can be malformed on purpose. */
  readonly argumentsText: string;
  readonly id?: string;
}

export interface ScriptStep {
  readonly text: string;
  readonly toolCalls: readonly ScriptedCall[];
  readonly delayMs?: number;
  readonly chunkDelayMs?: number;
  readonly usage?: NonNullable<EmbeddedReply['usage']>;
}

/** Longest pause that a script may ask for, in milliseconds. */
export const MAX_SCRIPT_DELAY_MS = 10_000;

const USAGE_NOTE =
  'This is embedded/script, a model for tests that replays a script. It expects the whole message ' +
  'to be JSON: {"script": [{"text"?: string, "toolCalls"?: [{"name": string, "arguments": object ' +
  'or string, "id"?: string}], "delayMs"?: number, "chunkDelayMs"?: number, "usage"?: object}]}.';

/** The steps, or a sentence for the user that says what is expected. */
export function parseScript(message: string): Result<readonly ScriptStep[], string> {
  let value: JsonValue;
  try {
    value = JSON.parse(message);
  } catch {
    return refuse('the message is not JSON');
  }
  if (!isJsonObject(value) || !Array.isArray(value.script)) {
    return refuse('it must be an object with a list "script"');
  }
  const steps: ScriptStep[] = [];
  for (const [index, item] of value.script.entries()) {
    const step = readStep(item);
    if (typeof step === 'string') return refuse(`step ${index + 1} ${step}`);
    steps.push(step);
  }
  return ok(steps);
}

const STEP_KEYS = new Set(['text', 'toolCalls', 'delayMs', 'chunkDelayMs', 'usage']);

/** A step, or what must hold and does not. */
function readStep(item: JsonValue): ScriptStep | string {
  if (!isJsonObject(item)) return 'must be an object';
  if (Object.keys(item).some((key) => !STEP_KEYS.has(key))) return 'must hold known keys only';
  const { text = '', toolCalls = [], delayMs, chunkDelayMs, usage } = item;
  if (typeof text !== 'string') return 'must have a string "text"';
  if (!isDelay(delayMs) || !isDelay(chunkDelayMs)) {
    return `must have pauses from 0 to ${MAX_SCRIPT_DELAY_MS} milliseconds`;
  }
  if (!Array.isArray(toolCalls)) return 'must have a list "toolCalls"';
  const calls = toolCalls.map(readCall);
  if (!calls.every((call) => call !== undefined)) {
    return 'must have calls with a string "name" and "arguments"';
  }
  const read = readUsage(usage);
  if (usage !== undefined && read === undefined) return 'must have a "usage" of whole numbers';
  return {
    text,
    toolCalls: calls,
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(chunkDelayMs === undefined ? {} : { chunkDelayMs }),
    ...(read === undefined ? {} : { usage: read }),
  };
}

function readCall(item: JsonValue): ScriptedCall | undefined {
  if (!isJsonObject(item) || typeof item.name !== 'string') return undefined;
  const { name, id, arguments: written = {} } = item;
  if (id !== undefined && typeof id !== 'string') return undefined;
  const argumentsText = typeof written === 'string' ? written : JSON.stringify(written);
  return { name, argumentsText, ...(id === undefined ? {} : { id }) };
}

/** In tokens alone: no script costs money. */
function readUsage(value: JsonValue | undefined): ScriptStep['usage'] {
  if (!isJsonObject(value)) return undefined;
  const { inputTokens = 0, outputTokens = 0 }: JsonObject = value;
  return isCount(inputTokens) && isCount(outputTokens) ? { inputTokens, outputTokens } : undefined;
}

function isCount(value: JsonValue): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDelay(value: JsonValue | undefined): value is number | undefined {
  if (value === undefined) return true;
  return typeof value === 'number' && value >= 0 && value <= MAX_SCRIPT_DELAY_MS;
}

function refuse(problem: string): Result<never, string> {
  return err(`Cannot replay the script: ${problem}. ${USAGE_NOTE}`);
}
