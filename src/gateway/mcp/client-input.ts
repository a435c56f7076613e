/**
 * Tools that ask their client: their questions go out with a signed state, and the answers come back
 * as an argument of the same call, which passes the same checks as any other argument.
 *
 * @module
 */

import {
  type InputRequest,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  isSpecType,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { type AskedCall, type CallState, mintState } from './call-state.ts';
import { clientMay, type InputKind } from './client-capabilities.ts';
import type { McpExchange } from './mcp-request.ts';

/** Most questions at once. */
const MAX_QUESTIONS = 16;

/** Longest state of a tool's own, in UTF-16 code units. */
const MAX_OWN_LENGTH = 16_384;

interface Question {
  readonly kind: InputKind;
  readonly isValid: (request: unknown) => request is InputRequest;
}

/** By method. */
const QUESTIONS: ReadonlyMap<unknown, Question> = new Map<unknown, Question>([
  ['elicitation/create', { kind: 'elicitation', isValid: isSpecType.ElicitRequest }],
  ['sampling/createMessage', { kind: 'sampling', isValid: isSpecType.CreateMessageRequest }],
  ['roots/list', { kind: 'roots', isValid: isSpecType.ListRootsRequest }],
]);

/** What the tool hears; nothing at the first time. Answers of no known form are left out. */
export function readClientInput(
  state: CallState | undefined,
  { mcpReq: { inputResponses } }: ServerContext,
): JsonObject | undefined {
  if (state?.key !== undefined) return state.clientInput;
  if (state === undefined && inputResponses === undefined) return undefined;
  const answers = Object.entries(inputResponses ?? {}).filter(
    ([name]) => inputResponse(inputResponses, name).kind !== 'missing',
  );
  // They came as JSON, so they are.
  const responses = Object.fromEntries(answers) as JsonObject;
  return { responses, ...(state?.own !== undefined && { state: state.own }) };
}

/**
 * What the tool asks, as far as the client says that it can be asked; all of it if it can be asked
 * nothing, which the protocol's own error answers. `undefined` if the tool asks nothing.
 */
export async function askClient(
  exchange: McpExchange,
  call: AskedCall,
  { inputRequests, state }: JsonObject,
): Promise<InputRequiredResult | undefined> {
  const questions = isJsonObject(inputRequests) ? Object.entries(inputRequests) : [];
  const valid = questions.slice(0, MAX_QUESTIONS).flatMap(toInputRequest);
  if (valid.length === 0) return undefined;
  const possible = valid.filter(({ kind }) => clientMay(exchange.context, kind));
  const asked = possible.length > 0 ? possible : valid;
  const own = typeof state === 'string' ? state.slice(0, MAX_OWN_LENGTH) : undefined;
  return inputRequired({
    inputRequests: Object.fromEntries(asked.map(({ name, question }) => [name, question])),
    requestState: await mintState(exchange, call, own === undefined ? {} : { own }),
  });
}

interface AskedInput {
  readonly name: string;
  readonly kind: InputKind;
  readonly question: InputRequest;
}

function toInputRequest([name, value]: [string, JsonValue]): readonly AskedInput[] {
  const known = isJsonObject(value) ? QUESTIONS.get(value.method) : undefined;
  return known?.isValid(value) ? [{ name, kind: known.kind, question: value }] : [];
}
