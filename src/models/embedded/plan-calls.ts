/**
 * The calls that a plain request asks for, step by step, and what is known of each.
 *
 * A plan depends on the request, the tools and the results so far, on nothing else: making it
 * again in the next round gives the same steps, so a call that has a result is never repeated. Only
 * the user's own words are read for tasks; what a tool returned is passed on, never obeyed.
 *
 * @module
 */

import type { OfferedTool } from '../../agent/ports.ts';
import type { Message, ToolMessage } from '../../core/conversation/message.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { fillArguments } from './fill-arguments.ts';
import type { FillSource } from './fill-source.ts';
import { keepMark, type Literal, markLiterals, marksIn, unmark } from './literals.ts';
import { type ToolMatcher, toolMatcherOf } from './match-tool.ts';
import { isUrlProperty } from './property-purpose.ts';
import { type Clause, splitRequest } from './split-request.ts';
import { propertiesOf } from './tool-properties.ts';

export type PlannedStep =
  /** Everything is there; `result` too once the call has been made. */
  | {
      readonly kind: 'call';
      readonly tool: OfferedTool;
      readonly arguments: JsonObject;
      readonly result?: ToolMessage;
    }
  /** Waits for the result of the step before it. */
  | { readonly kind: 'waiting'; readonly tool: OfferedTool }
  | {
      readonly kind: 'incomplete';
      readonly tool: OfferedTool;
      readonly missing: readonly string[];
    };

/** Most calls that one request leads to. */
const MAX_STEPS = 8;

export function planCalls(
  messages: readonly Message[],
  tools: readonly OfferedTool[],
): readonly PlannedStep[] {
  const latest = messages.findLastIndex(({ role }) => role === 'user');
  const { literals, tasks, spare } = understand(messages[latest], tools);
  const made = resultsByCall(messages.slice(latest + 1));
  const earlier = messages.slice(0, Math.max(latest, 0)).findLast(isResult);

  const steps: PlannedStep[] = [];
  for (const { clause, tool } of tasks.slice(0, MAX_STEPS)) {
    const before = steps.at(-1);
    const previous =
      before === undefined ? (spare ?? (earlier && toMatter(earlier.content))) : contentOf(before);
    const source = { clause, literals, previous, spare };
    const step = planStep(tool, source, { made, isFirst: before === undefined });
    if (!steps.some((other) => isSameCall(other, step))) steps.push(step);
  }
  return steps;
}

/** What a request asks for, by its words alone. */
interface Understood {
  readonly literals: readonly Literal[];
  readonly tasks: readonly Task[];
  /** What it gives without saying what for. */
  readonly spare: string | undefined;
}

/** The rounds of a turn ask about the same message and the same list. */
const UNDERSTOOD = new WeakMap<Message, Understood & { readonly tools: readonly OfferedTool[] }>();

function understand(request: Message | undefined, tools: readonly OfferedTool[]): Understood {
  const known = request && UNDERSTOOD.get(request);
  if (known?.tools === tools) return known;
  const { text, literals } = markLiterals(request?.content ?? '');
  const matcher = toolMatcherOf(tools);
  const clauses = splitRequest(text, (head) => matcher.match(head, [])?.tool);
  const tasks = toTasks(clauses, literals, matcher);
  const understood = { literals, tasks, spare: spareText(clauses, literals, tasks), tools };
  if (request !== undefined) UNDERSTOOD.set(request, understood);
  return understood;
}

interface Task {
  readonly clause: Clause;
  readonly tool: OfferedTool;
}

function toTasks(
  clauses: readonly Clause[],
  literals: readonly Literal[],
  matcher: ToolMatcher,
): readonly Task[] {
  return clauses.flatMap((clause) => {
    const marks = [...marksIn(clause.head), ...marksIn(clause.payload ?? '')];
    const here = marks.flatMap((index) => literals[index] ?? []);
    const match = matcher.match(clause.head, here);
    if (match === undefined) return [];
    const { tool } = match;
    return oneForEach(clause, literals, tool).map((one) => ({ clause: one, tool }));
  });
}

/** "Fetch a and b": a tool that takes one thing is called for each thing of its kind. */
function oneForEach(
  clause: Clause,
  literals: readonly Literal[],
  tool: OfferedTool,
): readonly Clause[] {
  const [property, ...others] = propertiesOf(tool).filter(({ isRequired }) => isRequired);
  if (property === undefined || others.length > 0 || clause.payload !== undefined) return [clause];
  const kind = isUrlProperty(property) ? 'url' : 'quote';
  const marks = marksIn(clause.head);
  const wanted = marks.filter((index) => literals[index]?.kind === kind);
  // With other literals about, nobody can tell which belong together.
  if (wanted.length < 2 || wanted.length < marks.length) return [clause];
  return wanted.map((index) => ({ head: keepMark(clause.head, index) }));
}

/** What the user gave in a part of the request that asks for nothing: "Here is a text: …". */
function spareText(
  clauses: readonly Clause[],
  literals: readonly Literal[],
  tasks: readonly Task[],
): string | undefined {
  for (const clause of clauses) {
    if (tasks.some((task) => task.clause === clause)) continue;
    const [index] = marksIn(clause.payload ?? clause.head);
    if (index !== undefined) return literals[index]?.text;
    if (clause.payload !== undefined && clause.payload !== '') {
      return unmark(clause.payload, literals);
    }
  }
  return undefined;
}

function planStep(
  tool: OfferedTool,
  source: FillSource,
  known: { readonly made: ReadonlyMap<string, ToolMessage>; readonly isFirst: boolean },
): PlannedStep {
  const filled = fillArguments(tool, source);
  if (filled.missing.length === 0) {
    const result = known.made.get(toKey(tool.name, filled.arguments));
    const call = { kind: 'call', tool, arguments: filled.arguments } as const;
    return result === undefined ? call : { ...call, result };
  }
  // The step before it may still be under way, or have failed: either way it is not the user's turn.
  return filled.wantsPrevious && !known.isFirst
    ? { kind: 'waiting', tool }
    : { kind: 'incomplete', tool, missing: filled.missing };
}

function contentOf(step: PlannedStep): string | undefined {
  if (step.kind !== 'call' || step.result?.isError !== false) return undefined;
  return toMatter(step.result.content);
}

/** What "it" means of a result: the body of an answer rather than its envelope. */
function toMatter(content: string): string {
  try {
    const value: JsonValue = JSON.parse(content);
    if (!isJsonObject(value)) return content;
    const matter = value.body ?? value.text ?? value.content ?? value.output;
    return typeof matter === 'string' ? matter : content;
  } catch {
    return content;
  }
}

function isResult(message: Message): message is ToolMessage {
  return message.role === 'tool' && !message.isError;
}

function isSameCall(a: PlannedStep, b: PlannedStep): boolean {
  if (a.kind !== 'call' || b.kind !== 'call') return a.kind === b.kind && a.tool === b.tool;
  return toKey(a.tool.name, a.arguments) === toKey(b.tool.name, b.arguments);
}

/** The calls of this turn that have been answered, denied ones included. */
function resultsByCall(messages: readonly Message[]): ReadonlyMap<string, ToolMessage> {
  const results = new Map<string, ToolMessage>();
  for (const message of messages) {
    if (message.role !== 'assistant') continue;
    for (const call of message.toolCalls) {
      const result = messages.find(
        (other) => other.role === 'tool' && other.modelCallId === call.id,
      );
      const key = toWrittenKey(call.name, call.argumentsText);
      if (result?.role === 'tool') results.set(key, result);
    }
  }
  return results;
}

function toWrittenKey(name: string, argumentsText: string): string {
  try {
    return toKey(name, JSON.parse(argumentsText) as JsonValue);
  } catch {
    return `${name} ${argumentsText}`;
  }
}

function toKey(name: string, value: JsonValue): string {
  return `${name} ${canonicalJson(value)}`;
}
