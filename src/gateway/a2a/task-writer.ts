/**
 * A turn as a task of A2A 1.0: the updates of a stream, and the task that they build up.
 *
 * @module
 */

import type { TurnEvent, TurnEventBody } from '../../core/conversation/turn-event.ts';
import { ERROR_CODES } from '../../core/errors/codes.ts';
import { cutOf } from '../turn-reading.ts';

export interface TaskFrame {
  readonly id: string;
  readonly contextId: string;
}

type TaskState =
  | 'TASK_STATE_SUBMITTED'
  | 'TASK_STATE_WORKING'
  | 'TASK_STATE_AUTH_REQUIRED'
  | 'TASK_STATE_COMPLETED'
  | 'TASK_STATE_FAILED'
  | 'TASK_STATE_CANCELED';

const OVER: ReadonlySet<TaskState> = new Set([
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
]);

type StatusMessage = Readonly<Record<'messageId' | 'taskId' | 'contextId' | 'role', string>> & {
  readonly parts: readonly { readonly text: string }[];
};

interface Status {
  readonly state: TaskState;
  /** Of the last change; absent until the turn has started. */
  readonly timestamp?: string;
  readonly message?: StatusMessage;
}

export class TaskWriter {
  readonly #frame: TaskFrame;
  /** What each round has said, by round: an artifact each. */
  readonly #texts = new Map<number, string>();
  readonly #waiting = new Set<string>();
  #status: Status = { state: 'TASK_STATE_SUBMITTED' };

  constructor(frame: TaskFrame) {
    this.#frame = frame;
  }

  /** The results of a stream, after the task itself, that one event of the turn becomes. */
  take({ at, body }: TurnEvent): readonly object[] {
    const timestamp = new Date(at).toISOString();
    switch (body.kind) {
      case 'turn-started':
        return [this.#change({ state: 'TASK_STATE_WORKING', timestamp })];
      case 'text-delta':
        return [this.#text(body.round, body.text)];
      case 'round-restarted':
        this.#texts.delete(body.round);
        return [];
      case 'approval-needed': {
        this.#waiting.add(`${body.round}/${body.index}`);
        const text = `A human must approve a call of "${body.tool}": approval ${body.approvalId}`;
        return [this.#change({ state: 'TASK_STATE_AUTH_REQUIRED', timestamp }, text)];
      }
      case 'tool-call-approved':
      case 'tool-call-denied': {
        const wasWaiting = this.#waiting.delete(`${body.round}/${body.index}`);
        if (!wasWaiting || this.#waiting.size > 0) return [];
        return [this.#change({ state: 'TASK_STATE_WORKING', timestamp })];
      }
      case 'turn-finished':
        return [this.#change({ state: 'TASK_STATE_COMPLETED', timestamp }, toRemark(body))];
      case 'turn-failed':
        return [this.#change({ state: toFailedState(body), timestamp }, toReason(body))];
      default:
        return [];
    }
  }

  isOver(): boolean {
    return OVER.has(this.#status.state);
  }

  /** As far as the turn has come. */
  task(): TaskFrame & { readonly status: Status; readonly artifacts: readonly object[] } {
    const artifacts = [...this.#texts].map(([round, text]) => toArtifact(round, text));
    return { ...this.#frame, status: this.#status, artifacts };
  }

  #text(round: number, delta: string): object {
    const before = this.#texts.get(round);
    this.#texts.set(round, (before ?? '') + delta);
    const append = before !== undefined;
    return {
      artifactUpdate: {
        ...this.#place(),
        artifact: toArtifact(round, delta),
        append,
        lastChunk: false,
      },
    };
  }

  #change(status: Status, text?: string): object {
    const message = text === undefined ? {} : { message: this.#message(text) };
    this.#status = { ...status, ...message };
    return { statusUpdate: { ...this.#place(), status: this.#status } };
  }

  #message(text: string): StatusMessage {
    const messageId = `${this.#frame.id}/status`;
    return { messageId, ...this.#place(), role: 'ROLE_AGENT', parts: [{ text }] };
  }

  #place() {
    return { taskId: this.#frame.id, contextId: this.#frame.contextId };
  }
}

type Failed = Extract<TurnEventBody, { kind: 'turn-failed' }>;

function toFailedState({ code }: Failed): TaskState {
  return code === 'cancelled' ? 'TASK_STATE_CANCELED' : 'TASK_STATE_FAILED';
}

function toReason({ code }: Failed): string {
  return code === 'cancelled' ? 'The task was cancelled' : ERROR_CODES[code].title;
}

/** The protocol has no word for an answer that is not whole. */
function toRemark(body: Extract<TurnEventBody, { kind: 'turn-finished' }>): string | undefined {
  const cut = cutOf(body);
  return cut && CUTS[cut];
}

const CUTS = {
  length: 'The answer is not whole: it has reached its greatest length',
  filter: 'The answer is not whole: a filter of its provider has ended it',
} as const;

function toArtifact(round: number, text: string): object {
  return { artifactId: `round-${round}`, name: 'answer', parts: [{ text }] };
}
