/**
 * The tools by which a model remembers, for the principal that its turn acts for.
 *
 * What is remembered bears the label of the turn, and what is recalled brings it along: what outsiders
 * may have shaped stays theirs, in whichever conversation it is read.
 *
 * @module
 */

import type { BlockBindings } from '../../blocks/kit/bindings.ts';
import type { MemoryApi, RememberOrder, TextVector } from '../../blocks/memory/memory-api.ts';
import { openMemory } from '../../blocks/memory/memory-client.ts';
import { openSession, type SessionClient } from '../../blocks/session/session-client.ts';
import { FORGET, RECALL, REMEMBER, SEARCH } from '../../core/manifest/built-in-tools.ts';
import { type Memory, textOfDraft } from '../../core/memory/memory.ts';
import { HIGHEST_LABEL, isLabel, joinLabels, LOWEST_LABEL } from '../../core/policy/labels.ts';
import { type Principal, toRemembererName } from '../../core/policy/principal.ts';
import type { SessionId } from '../../core/primitives/ids.ts';
import type { JsonObject, JsonValue } from '../../core/primitives/json.ts';
import type { BuiltInCall, BuiltInTool } from './built-in-runner.ts';

/** What makes vectors of texts, where the workspace wants its memories found by them too. */
export interface MemoryEmbedder {
  readonly model: string;
  /** Nothing where there are none to be had now; never rejects. */
  embed(texts: readonly string[]): Promise<readonly Uint8Array[] | undefined>;
  /** For work that nobody waits for. */
  defer(work: Promise<unknown>): void;
}

/** What a turn brings along for the memory, besides its calls. */
export interface MemoryNeeds {
  readonly principal: Principal;
  readonly requestId: string;
  readonly sessionId: SessionId;
  /** The model that is to summarise notes, where the workspace wants one. */
  readonly summariser?: string;
  readonly embedder?: MemoryEmbedder;
}

/** Longest part of a message that a search shows, in characters. */
const MAX_SHOWN = 2_000;

/** Memories that are recalled, and messages that are found, where the model does not say. */
const USUAL_LIMIT = 5;

export function createMemoryTools(
  env: Pick<BlockBindings, 'MEMORIES' | 'SESSIONS'>,
  { principal, requestId, sessionId, summariser: model, embedder }: MemoryNeeds,
): ReadonlyMap<string, BuiltInTool> {
  const memory = openMemory(env, principal.workspace);
  const owner = toRemembererName(principal);
  const wish = model === undefined ? undefined : { principal, requestId, sessionId, model };
  const shelf = { memory, owner, embedder, wish };
  return new Map<string, BuiltInTool>([
    [REMEMBER, (call) => remember(shelf, call)],
    [RECALL, (call) => recall(shelf, call)],
    [FORGET, (call) => forget(shelf, call)],
    [SEARCH, (call) => search(openSession(env, principal.workspace, sessionId), call)],
  ]);
}

interface Shelf {
  readonly memory: MemoryApi;
  readonly owner: string;
  readonly embedder: MemoryEmbedder | undefined;
  readonly wish: RememberOrder['wish'];
}

async function remember({ memory, owner, embedder, wish }: Shelf, { claims, args }: BuiltInCall) {
  const subject = textOf(args.subject);
  const predicate = textOf(args.predicate);
  const draft = {
    text: textOf(args.text) ?? '',
    ...(subject !== undefined && { subject }),
    ...(predicate !== undefined && { predicate }),
  };
  const embedded = await embedOne(embedder, textOfDraft(draft));
  const remembered = await memory.remember({
    owner,
    draft,
    ...(embedded && { embedded }),
    ...(wish && { wish }),
    source: { session: claims.session, callKey: claims.callKey, tool: claims.tool },
    label: labelOf(claims),
  });
  return { output: { ...remembered }, label: LOWEST_LABEL };
}

async function recall({ memory, owner, embedder }: Shelf, { args }: BuiltInCall) {
  const query = textOf(args.query) ?? '';
  const embedded = await embedOne(embedder, query);
  const found = await memory.recall({
    owner,
    query,
    ...(embedded && { embedded }),
    limit: typeof args.limit === 'number' ? args.limit : USUAL_LIMIT,
    trustedOnly: args.trustedOnly === true,
  });
  if (embedder !== undefined && embedded !== undefined) {
    embedder.defer(embedRest(memory, owner, embedder));
  }
  const label = found.reduce((joined, one) => joinLabels(joined, one.label), LOWEST_LABEL);
  return { output: { memories: found.map(toShown) }, label };
}

async function embedOne(
  embedder: MemoryEmbedder | undefined,
  text: string,
): Promise<TextVector | undefined> {
  const [vector] = (await embedder?.embed([text])) ?? [];
  return embedder && vector && { model: embedder.model, vector };
}

/** What has no vector yet, or one of a model of before, after the answer: never in its way. */
async function embedRest(
  memory: MemoryApi,
  owner: string,
  embedder: MemoryEmbedder,
): Promise<void> {
  const { model } = embedder;
  const rest = await memory.unembedded(owner, model);
  if (rest.length === 0) return;
  const texts = rest.map(({ text }) => text);
  const vectors = await embedder.embed(texts);
  const made = rest.flatMap(({ id }, index) => {
    const vector = vectors?.[index];
    return vector === undefined ? [] : [{ id, model, vector }];
  });
  if (made.length > 0) await memory.keepVectors(owner, made);
}

async function forget({ memory, owner }: Shelf, { claims, args }: BuiltInCall) {
  const id = textOf(args.id) ?? '';
  const outcome = await memory.forget({ owner, id, label: labelOf(claims) });
  return { output: { outcome }, label: LOWEST_LABEL };
}

/** Of the session that the turn is in, and of no other. */
async function search(session: SessionClient, { args }: BuiltInCall) {
  const limit = typeof args.limit === 'number' ? args.limit : USUAL_LIMIT;
  const found = (await session.searchMessages(textOf(args.query) ?? '', limit)) ?? [];
  const said = found.filter(({ message }) => message.role !== 'system');
  const label = said.reduce(
    (joined, { message }) => joinLabels(joined, message.label),
    LOWEST_LABEL,
  );
  const messages = said.map(({ seq, message: { role, content, label: own } }) => {
    const text = content.slice(0, MAX_SHOWN).toWellFormed();
    return { seq, role, text, integrity: own.integrity };
  });
  return { output: { messages }, label };
}

function toShown({ id, kind, subject, predicate, text, label, rememberedAt }: Memory): JsonObject {
  return {
    ...{ id, kind, text, rememberedAt, integrity: label.integrity },
    ...(subject !== undefined && { subject }),
    ...(predicate !== undefined && { predicate }),
  };
}

/** What cannot be read is taken for the highest. */
function labelOf({ label }: BuiltInCall['claims']) {
  return isLabel(label) ? label : HIGHEST_LABEL;
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
