/**
 * What the skills of a turn leave it to call: those that it began with, and those that its model has
 * loaded since.
 *
 * Read from the conversation itself, so that a run which takes the turn over from its journal is bound
 * alike. A skill binds from the reply that asks for it, whatever becomes of the call.
 *
 * @module
 */

import type { AssistantMessage, Message } from '../core/conversation/message.ts';
import type { WrittenToolCall } from '../core/conversation/tool-call.ts';
import type { Turn } from '../core/conversation/turn.ts';
import { LOAD_SKILL } from '../core/manifest/built-in-tools.ts';
import { isJsonObject } from '../core/primitives/json.ts';
import { parseJson } from '../core/primitives/parse-json.ts';
import { meetTools, toolsWithin } from '../core/skills/choose-skills.ts';

/** More than the arguments of a call that loads a skill can be. */
const MAX_ARGUMENTS = { maxBytes: 4_096, maxDepth: 4 };

interface Heard {
  readonly turn: Pick<Turn, 'history' | 'onlyTools'> & {
    readonly authority: Pick<Turn['authority'], 'skills'>;
  };
  /** The turn's history, and all that was said since. */
  readonly messages: readonly Message[];
}

/** Absent where nothing is narrowed. `reply` has not been heard yet. */
export function onlyToolsOf(
  { turn, messages }: Heard,
  reply?: AssistantMessage,
): readonly string[] | undefined {
  const { skills = [] } = turn.authority;
  if (skills.length === 0) return turn.onlyTools;
  const said = messages.slice(turn.history.length);
  const names = new Set(
    [...said, ...(reply ? [reply] : [])]
      .flatMap((message) => (message.role === 'assistant' ? message.toolCalls : []))
      .flatMap(nameOfLoaded),
  );
  const loaded = skills.filter(({ name }) => names.has(name));
  return meetTools(turn.onlyTools, toolsWithin(loaded));
}

function nameOfLoaded({ name, argumentsText }: WrittenToolCall): readonly string[] {
  if (name !== LOAD_SKILL) return [];
  const parsed = parseJson(argumentsText, MAX_ARGUMENTS);
  const asked = parsed.ok && isJsonObject(parsed.value) ? parsed.value.name : undefined;
  return typeof asked === 'string' ? [asked] : [];
}
