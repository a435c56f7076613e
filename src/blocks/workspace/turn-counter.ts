/**
 * Where sessions open and settle their turns: many of them at once cost one write to disk.
 *
 * What turns give back waits a moment for a turn that is opened, and comes before it. Turns that are
 * opened in quick succession wait for each other.
 *
 * @module
 */

import type { Settlement } from '../../core/policy/settle-slice.ts';
import type { SliceShortage } from '../../core/policy/slice.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import type { Result } from '../../core/primitives/result.ts';
import { Gatherer } from '../kit/gatherer.ts';
import { openTurn, settleTurn } from './turns.ts';
import type { OpenedTurn, OpenTurn } from './workspace-api.ts';
import { transact, type WorkspaceParts } from './workspace-parts.ts';

/** How long what a turn gives back waits for the next turn to be opened, in milliseconds. */
const SETTLE_WITHIN_MS = 10;

/** Turns that follow one another within so many milliseconds are opened together. */
const BUSY_MS = 2;

interface EndedTurn {
  readonly turnId: TurnId;
  readonly used: Settlement;
}

export class TurnCounter {
  readonly #parts: WorkspaceParts;
  readonly #settling: Gatherer<EndedTurn, void>;
  readonly #opening: Gatherer<OpenTurn, Result<OpenedTurn, SliceShortage>>;
  #openedAt = 0;

  constructor(parts: WorkspaceParts) {
    this.#parts = parts;
    this.#settling = new Gatherer({
      transact: (change) => transact(parts, change),
      perform: ({ turnId, used }) => settleTurn(parts, turnId, used),
      delayMs: SETTLE_WITHIN_MS,
    });
    this.#opening = new Gatherer({
      transact: (change) => this.#settling.join(() => transact(parts, change)),
      perform: (request) => openTurn(parts, request, 'session'),
      delayMs: 0,
    });
  }

  async open(request: OpenTurn): Promise<Result<OpenedTurn, SliceShortage>> {
    const now = this.#parts.now();
    const isBusy = now - this.#openedAt < BUSY_MS;
    this.#openedAt = now;
    return isBusy ? await this.#opening.add(request) : this.#opening.perform(request);
  }

  settle(turnId: TurnId, used: Settlement): Promise<void> {
    return this.#settling.add({ turnId, used });
  }
}
