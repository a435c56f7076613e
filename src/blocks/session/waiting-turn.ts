/**
 * Takes up the turn that waits for a human, once there is something for a run to do.
 *
 * Several may find that out at the same time: who has decided, and the timer that is set with every
 * decision. They wait for one and the same: a second request to open the turn could reach the workspace
 * when the turn is over and settled already, and would reserve for nobody.
 *
 * @module
 */

import type { ErrorCode } from '../../core/errors/codes.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { LiveTurn } from './live-turns.ts';
import { reopenTurn } from './reopen-turn.ts';
import type { SessionParts } from './session-parts.ts';

/** What becomes of the turn once the workspace was asked. */
interface Outcome {
  readonly goOn: (turn: LiveTurn, newest: Authority) => void;
  readonly fail: (turn: LiveTurn, code: ErrorCode) => void;
}

export class WaitingTurn {
  readonly #parts: SessionParts;
  readonly #outcome: Outcome;
  #waking: Promise<void> | undefined;

  constructor(parts: SessionParts, outcome: Outcome) {
    this.#parts = parts;
    this.#outcome = outcome;
  }

  wake(): Promise<void> {
    this.#waking ??= this.#wakeAll().finally(() => {
      this.#waking = undefined;
    });
    return this.#waking;
  }

  /** The turn may have been cancelled meanwhile, and another one may wait in its place. */
  async #wakeAll(): Promise<void> {
    for (let turn = this.#decided(); turn !== undefined; turn = this.#decided()) {
      await this.#wake(turn);
    }
  }

  async #wake(before: LiveTurn): Promise<void> {
    const reopened = await reopenTurn(this.#parts, before);
    const turn = this.#decided();
    if (turn === undefined || turn.row.facts.id !== before.row.facts.id) return;
    if (reopened.ok) this.#outcome.goOn(turn, reopened.value);
    else this.#outcome.fail(turn, reopened.error);
  }

  /** The turn that waits, if a run could go on with it. */
  #decided(): LiveTurn | undefined {
    const { approvals, live, now, session } = this.#parts;
    const turn = session.live() && live.holder();
    if (turn?.row.status !== 'waiting') return undefined;
    const { id } = turn.row.facts;
    const isAnswered =
      approvals.openOf(id).length === 0 || approvals.approvedOf(id, now()).length > 0;
    return isAnswered ? turn : undefined;
  }
}
