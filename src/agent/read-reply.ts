/**
 * Reads one reply of a model to its end, journaling its text as it comes and as far as it may be shown.
 *
 * @module
 */

import type { VendorEcho } from '../core/conversation/message.ts';
import type { WrittenToolCall } from '../core/conversation/tool-call.ts';
import type { Cut } from '../core/conversation/turn-event.ts';
import type { Usage } from '../core/conversation/usage.ts';
import { faultCode } from '../core/errors/fault.ts';
import type { Blocked } from '../core/scan/apply-policy.ts';
import { StreamScanner } from '../core/scan/stream-scanner.ts';
import { commitDeferred, commitStep, JournalLost } from './commit-step.ts';
import { ModelFault } from './model-fault.ts';
import type { ModelChunk, ModelRequest } from './ports.ts';
import { failed, type RunEnd } from './run-end.ts';
import { TextCoalescer } from './text-coalescer.ts';
import { presentAuthority, type TurnState } from './turn-state.ts';

/** Most characters of one reply, arguments included: what a provider gone wrong may send. */
const MAX_REPLY_CHARACTERS = 2_097_152;

/** Most calls in one reply. Those beyond the turn's own limit are denied one by one. */
export const MAX_REPLY_CALLS = 256;

/** A reply as far as it was read. */
export interface ReplyDraft {
  /** As it may be shown, without what the scanner takes out. */
  text: string;
  /** Code units of text that the model wrote. */
  writtenUnits: number;
  /** Why the rest of the text may not be shown. */
  withheld: Blocked | undefined;
  /** Names of what the scanner found in the text. */
  findings: readonly string[];
  readonly calls: WrittenToolCall[];
  /** Text that no delta has shown yet; all of it, unless some was journaled. */
  unsentText: string;
  /** Whether a delta was journaled, so that asking again would show text twice. */
  wasSent: boolean;
  /** Whether the model has said anything at all, and so has to be paid. */
  hasBegun: boolean;
  usage: Usage | undefined;
  echo: VendorEcho | undefined;
  /** Which model it was, where the name that was asked for stands for several. */
  model: string | undefined;
  /** The model would have said more, and was not let. */
  cut: Cut | undefined;
  /** Why it was not read to its end. */
  broken: { readonly fault: ModelFault } | { readonly end: RunEnd } | undefined;
}

export async function readReply(
  state: TurnState,
  request: ModelRequest,
  round: number,
): Promise<ReplyDraft> {
  const draft = createDraft();
  const coalescer = new TextCoalescer(state.ports.sleep);
  const known = await state.ports.known?.('recent');
  const scanner = new StreamScanner(presentAuthority(state).policy.scan.output, known);
  const chunks = state.ports.model.stream(request, state.watch.signal)[Symbol.asyncIterator]();
  try {
    draft.broken = await readChunks(state, chunks, { draft, coalescer, scanner, round });
    draft.broken ??= endText(draft, scanner.end(coalescer.rest()));
  } catch (thrown) {
    draft.broken = toBroken(state, thrown);
  }
  coalescer.rest();
  draft.findings = scanner.findings;
  if (draft.broken !== undefined) giveBack(chunks);
  return draft;
}

/** A reply that may not be shown ends the turn: what is in it would go on with the conversation. */
function withhold(draft: ReplyDraft, reason: Blocked): RunEnd {
  draft.withheld = reason;
  return failed('denied');
}

interface Reading {
  readonly draft: ReplyDraft;
  readonly coalescer: TextCoalescer;
  readonly scanner: StreamScanner;
  readonly round: number;
}

type Broken = ReplyDraft['broken'];

async function readChunks(
  state: TurnState,
  chunks: AsyncIterator<ModelChunk>,
  reading: Reading,
): Promise<Broken> {
  const { draft, coalescer } = reading;
  let next = pull(chunks);
  for (;;) {
    const arrived = await arrive(state, next, coalescer);
    if (state.watch.signal.aborted) return { end: state.watch.toRunEnd() };
    if (arrived !== undefined) {
      if (arrived.done === true) return { fault: cut() };
      takeChunk(arrived.value, reading);
      if (draft.usage !== undefined) return undefined;
      next = pull(chunks);
    }
    if (coalescer.isDue) {
      const end = await sendText(state, reading);
      if (end !== undefined) return { end };
    }
  }
}

/** A chunk on its way. */
interface Pulled {
  readonly chunk: Promise<IteratorResult<ModelChunk>>;
  hasSettled: boolean;
}

function pull(chunks: AsyncIterator<ModelChunk>): Pulled {
  const pulled = { chunk: chunks.next(), hasSettled: false };
  const settle = () => {
    pulled.hasSettled = true;
  };
  pulled.chunk.then(settle, settle); // heard by whoever awaits it; nobody does after an abort
  return pulled;
}

/** Microtasks after which a chunk of a model in this process has arrived. */
const SOON_MICROTASKS = 8;

/** The next chunk, or nothing when the window of the text is over or the run must stop. */
async function arrive(
  state: TurnState,
  pulled: Pulled,
  coalescer: TextCoalescer,
): Promise<IteratorResult<ModelChunk> | undefined> {
  for (let turns = 0; turns < SOON_MICROTASKS && !pulled.hasSettled; turns++) await undefined;
  if (pulled.hasSettled) return await pulled.chunk;
  commitDeferred(state);
  const others: Promise<undefined>[] = [state.watch.aborted.then(() => undefined)];
  const windowOver = coalescer.waitForWindow();
  if (windowOver !== undefined) others.push(windowOver.then(() => undefined));
  return await Promise.race([pulled.chunk, ...others]);
}

function takeChunk(chunk: ModelChunk, { draft, coalescer }: Reading): void {
  draft.hasBegun = true;
  if (chunk.kind === 'end') {
    draft.usage = chunk.usage;
    draft.echo = chunk.echo;
    draft.model = chunk.model;
    draft.cut = chunk.cut;
  } else if (chunk.kind === 'text') {
    draft.writtenUnits += chunk.text.length;
    coalescer.add(chunk.text);
  } else {
    draft.calls.push(chunk.call);
  }
  if (draft.calls.length > MAX_REPLY_CALLS || sizeOf(draft) > MAX_REPLY_CHARACTERS) {
    throw new ModelFault('Cannot read the reply of the model: it must be shorter', {
      retryable: false,
    });
  }
}

export function sizeOf({
  writtenUnits,
  calls,
}: Pick<ReplyDraft, 'writtenUnits' | 'calls'>): number {
  return calls.reduce(
    (size, call) => size + call.name.length + call.argumentsText.length,
    writtenUnits,
  );
}

type Scanned = ReturnType<StreamScanner['end']>;

function endText(draft: ReplyDraft, rest: Scanned): Broken {
  if (!rest.ok) return { end: withhold(draft, rest.error) };
  draft.text += rest.value;
  draft.unsentText = rest.value;
  return undefined;
}

async function sendText(state: TurnState, reading: Reading): Promise<RunEnd | undefined> {
  const { draft, coalescer, scanner, round } = reading;
  const scanned = scanner.push(coalescer.take());
  if (!scanned.ok) return withhold(draft, scanned.error);
  const text = scanned.value;
  if (text === '') return undefined;
  draft.text += text;
  const committed = await commitStep(state, {
    entries: [{ kind: 'text', round, text }],
    audit: [],
  });
  draft.wasSent = true;
  if (committed.ok || committed.error.kind === 'stale') return undefined;
  return committed.error;
}

function toBroken({ watch }: TurnState, thrown: unknown): Broken {
  if (watch.signal.aborted) return { end: watch.toRunEnd() };
  if (thrown instanceof ModelFault) return { fault: thrown };
  const code = faultCode(thrown);
  if (code === undefined || thrown instanceof JournalLost) throw thrown;
  return { end: failed(code) };
}

function cut(): ModelFault {
  return new ModelFault('Cannot read the reply of the model: it must not end early', {
    retryable: true,
  });
}

/** Lets the model go. It stops at the abort at the latest; nobody waits for that. */
function giveBack(chunks: AsyncIterator<ModelChunk>): void {
  void chunks.return?.().catch(() => undefined);
}

function createDraft(): ReplyDraft {
  return {
    text: '',
    writtenUnits: 0,
    withheld: undefined,
    findings: [],
    calls: [],
    unsentText: '',
    wasSent: false,
    hasBegun: false,
    usage: undefined,
    echo: undefined,
    model: undefined,
    cut: undefined,
    broken: undefined,
  };
}
