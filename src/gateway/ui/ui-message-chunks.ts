/**
 * A turn as the UI message stream of the AI SDK, which web front ends read: a step for each round, the
 * calls that ran inside the gateway with what they gave, and what waits for a human.
 *
 * @module
 */

import type { TurnEvent, TurnEventBody } from '../../core/conversation/turn-event.ts';
import { ERROR_CODES } from '../../core/errors/codes.ts';
import type { WriteEvent } from '../event-stream.ts';
import { cutOf } from '../turn-reading.ts';

type EventOf<Kind extends TurnEventBody['kind']> = Extract<TurnEventBody, { kind: Kind }>;

/** Calls of the gateway are no calls of the front end: it shows them, and answers none. */
const RUN_INSIDE = { dynamic: true, providerExecuted: true };

export function writeUiChunks(turnId: string): WriteEvent {
  const writer = new UiChunkWriter(turnId);
  return (event) =>
    writer
      .take(event)
      .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
      .join('');
}

class UiChunkWriter {
  readonly #turnId: string;
  #openStep: number | undefined;
  #openText: string | undefined;

  constructor(turnId: string) {
    this.#turnId = turnId;
  }

  take({ body }: TurnEvent): readonly object[] {
    switch (body.kind) {
      case 'turn-started':
        return [{ type: 'start', messageId: this.#turnId }];
      case 'text-delta':
        return this.#text(body);
      case 'tool-call-proposed':
        return [...this.#openRound(body.round), ...this.#closeText(), this.#proposed(body)];
      case 'approval-needed': {
        const { approvalId } = body;
        return [{ type: 'tool-approval-request', approvalId, toolCallId: this.#callId(body) }];
      }
      case 'tool-result': {
        const toolCallId = this.#callId(body);
        return [{ type: 'tool-output-available', toolCallId, output: body.content, ...RUN_INSIDE }];
      }
      case 'tool-call-denied':
        return [this.#denied(body)];
      case 'round-restarted':
        return this.#restart();
      case 'round-finished':
        return this.#closeRound();
      case 'turn-finished':
        return [{ type: 'finish', finishReason: toFinishReason(body) }];
      case 'turn-failed':
        return [...this.#closeRound(), toFailure(body)];
      default:
        return [];
    }
  }

  #text({ round, text }: EventOf<'text-delta'>): readonly object[] {
    const chunks = [...this.#openRound(round)];
    if (this.#openText === undefined) {
      this.#openText = `text_${round}`;
      chunks.push({ type: 'text-start', id: this.#openText });
    }
    return [...chunks, { type: 'text-delta', id: this.#openText, delta: text }];
  }

  #proposed(body: EventOf<'tool-call-proposed'>): object {
    const toolCallId = this.#callId(body);
    const input = toInput(body.argumentsText);
    return { type: 'tool-input-available', toolCallId, toolName: body.tool, input, ...RUN_INSIDE };
  }

  #denied(body: EventOf<'tool-call-denied'>): object {
    const toolCallId = this.#callId(body);
    const { check, reason } = body;
    if (reason === 'approval_denied') return { type: 'tool-output-denied', toolCallId };
    const errorText = `Denied by check "${check}": ${reason}`;
    return { type: 'tool-output-error', toolCallId, errorText, ...RUN_INSIDE };
  }

  #openRound(round: number): readonly object[] {
    if (this.#openStep === round) return [];
    const before = this.#closeRound();
    this.#openStep = round;
    return [...before, { type: 'start-step' }];
  }

  #closeText(): readonly object[] {
    if (this.#openText === undefined) return [];
    const id = this.#openText;
    this.#openText = undefined;
    return [{ type: 'text-end', id }];
  }

  #closeRound(): readonly object[] {
    const end = this.#closeText();
    if (this.#openStep === undefined) return end;
    this.#openStep = undefined;
    return [...end, { type: 'finish-step' }];
  }

  /** What the round has said is void, and it begins anew. */
  #restart(): readonly object[] {
    if (this.#openStep === undefined) return [];
    this.#openText = undefined;
    return [{ type: 'reset-step' }];
  }

  #callId({ round, index }: { readonly round: number; readonly index: number }): string {
    return `${this.#turnId}/${round}/${index}`;
  }
}

/** What is no JSON is shown as it was written. */
function toInput(argumentsText: string): unknown {
  try {
    return JSON.parse(argumentsText);
  } catch {
    return argumentsText;
  }
}

function toFailure({ code }: EventOf<'turn-failed'>): object {
  if (code === 'cancelled') return { type: 'abort', reason: 'The turn was cancelled' };
  return { type: 'error', errorText: ERROR_CODES[code].title };
}

const FINISH_REASONS = { length: 'length', filter: 'content-filter' } as const;

function toFinishReason(body: EventOf<'turn-finished'>): string {
  const cut = cutOf(body);
  return cut ? FINISH_REASONS[cut] : 'stop';
}
