/**
 * What the embedded models have in common: a finished reply, streamed in pieces, that costs nothing.
 *
 * Their tokens are estimated as a quarter of the characters, so that token budgets hold for them
 * too; their price is zero.
 *
 * @module
 */

import type { ModelChunk, ModelPort, ModelRequest } from '../../agent/ports.ts';
import { CHARACTERS_A_TOKEN, estimateTokens } from '../../core/conversation/estimate-tokens.ts';
import type { WrittenToolCall } from '../../core/conversation/tool-call.ts';
import type { Usage } from '../../core/conversation/usage.ts';
import { countCharacters, reserveTokens } from '../count-tokens.ts';
import { FREE, toUsage } from '../model-price.ts';

export interface EmbeddedReply {
  readonly text: string;
  readonly calls: readonly WrittenToolCall[];
  /** Milliseconds before the first chunk; none unless asked for. */
  readonly delayMs?: number;
  /** Milliseconds between chunks of text; none unless asked for. */
  readonly chunkDelayMs?: number;
  /** In place of the estimate, as far as it is within what was reserved for the request. */
  readonly usage?: Pick<Usage, 'inputTokens' | 'outputTokens'>;
}

/** Longest piece of text, in UTF-16 code units, when cut between words. */
const CHUNK_CHARACTERS = 160;
/** The same when a pause between pieces is asked for, so that there is something to see. */
const PACED_CHUNK_CHARACTERS = 16;

export function createEmbeddedModel(reply: (request: ModelRequest) => EmbeddedReply): ModelPort {
  return {
    stream: (request, signal) => stream(toSaid(reply(request), request), request, signal),
    reserve: (request) => toUsage(FREE, reserveTokens(request), request.maxOutputTokens),
    price: (inputTokens, outputTokens) => toUsage(FREE, inputTokens, outputTokens),
  };
}

async function* stream(
  { isCut, ...reply }: LimitedReply,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelChunk> {
  await pause(reply.delayMs, signal);
  let isFirst = true;
  for (const text of toPieces(reply)) {
    if (!isFirst) await pause(reply.chunkDelayMs, signal);
    if (signal.aborted) return;
    isFirst = false;
    yield { kind: 'text', text };
  }
  for (const call of reply.calls) yield { kind: 'tool-call', call };
  const usage = reply.usage ? withinReserved(reply.usage, request) : estimate(reply, request);
  yield { kind: 'end', usage, ...(isCut && { cut: 'length' }) };
}

interface LimitedReply extends EmbeddedReply {
  readonly isCut: boolean;
}

function toSaid(reply: EmbeddedReply, request: ModelRequest): LimitedReply {
  return withinLimit(untilStop(reply, request), request);
}

/** Ends before the first of the texts that the client does not want to read on from; calls come after the text. */
function untilStop(reply: EmbeddedReply, { stopSequences = [] }: ModelRequest): EmbeddedReply {
  const stops = stopSequences.map((stop) => reply.text.indexOf(stop)).filter((at) => at !== -1);
  if (stops.length === 0) return reply;
  return { ...reply, text: reply.text.slice(0, Math.min(...stops)), calls: [] };
}

/** A reply that is too long ends in the middle of its text, as a model's does. */
function withinLimit(reply: EmbeddedReply, { maxOutputTokens }: ModelRequest): LimitedReply {
  if (estimateTokens(reply.text.length) <= maxOutputTokens) return { ...reply, isCut: false };
  const text = reply.text.slice(0, maxOutputTokens * CHARACTERS_A_TOKEN);
  return { ...reply, text, calls: [], isCut: true };
}

function toPieces({ text, chunkDelayMs }: EmbeddedReply): readonly string[] {
  const size = chunkDelayMs === undefined ? CHUNK_CHARACTERS : PACED_CHUNK_CHARACTERS;
  const pieces: string[] = [];
  for (let from = 0; from < text.length; ) {
    const space = text.lastIndexOf(' ', from + size);
    const end = space > from && from + size < text.length ? space : from + size;
    pieces.push(text.slice(from, end));
    from = end;
  }
  return pieces;
}

function estimate(reply: EmbeddedReply, request: ModelRequest): Usage {
  const written = reply.calls.reduce((sum, call) => sum + call.argumentsText.length, 0);
  return toUsage(
    FREE,
    estimateTokens(countCharacters(request.messages)),
    estimateTokens(reply.text.length + written),
  );
}

/** What users may state is charged to budgets that they share with others. */
function withinReserved(
  { inputTokens, outputTokens }: NonNullable<EmbeddedReply['usage']>,
  request: ModelRequest,
): Usage {
  return toUsage(
    FREE,
    Math.min(inputTokens, reserveTokens(request)),
    Math.min(outputTokens, request.maxOutputTokens),
  );
}

/** Resolves early, and never rejects, when `signal` aborts. */
function pause(ms: number | undefined, signal: AbortSignal): Promise<void> | undefined {
  if (ms === undefined || ms <= 0 || signal.aborted) return undefined;
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
