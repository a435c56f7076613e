/**
 * The slice that a session holds from one turn to the next, so that turns in quick succession need not
 * ask the workspace for one each.
 *
 * The workspace knows it as the reservation of the turn that opened it, counts the session among those
 * with a live turn, and so tells it of every new revision: then the slice is held no longer. It serves
 * the same credential only, one turn at a time, each with a whole turn's worth. What its turns have used
 * is written down with their ends and settled once it is held no longer, also by an object that has lost
 * its memory.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import { isWholeTurn, sliceForTurn, spendSlice } from '../../core/policy/hold-slice.ts';
import type { Settlement } from '../../core/policy/settle-slice.ts';
import type { Slice } from '../../core/policy/slice.ts';
import type { TurnId } from '../../core/primitives/ids.ts';

/** How long it waits for the next turn, in milliseconds. */
export const HOLD_MS = 1_000;

/** How long after it was opened it may still serve another turn, in milliseconds. */
const MAX_HOLD_MS = 60_000;

interface Held {
  readonly reservation: TurnId;
  /** What its turns run under: the same object for as long as nothing changes. */
  readonly authority: Authority;
  /** As the workspace gave it, and what is left of it. */
  readonly first: Slice;
  readonly left: Slice;
  readonly openedAt: number;
  /** Epoch milliseconds; absent while a turn is using it. */
  readonly idleUntil?: number;
}

/** A slice that was just reserved. */
export interface NewSlice {
  readonly reservation: TurnId;
  readonly authority: Authority;
  readonly slice: Slice;
}

export class HeldSlice {
  #held: Held | undefined;

  /** For the turn that opened it; answers what that turn may spend. */
  open({ reservation, authority, slice }: NewSlice, now: number): Slice {
    this.#held = { reservation, authority, first: slice, left: slice, openedAt: now };
    return sliceForTurn(slice, authority.policy.limits);
  }

  /** Whether a turn under this authority may take it. */
  isIdle(authority: Authority, now: number): boolean {
    const held = this.#held;
    if (held?.idleUntil === undefined || now >= held.idleUntil) return false;
    return held.authority === authority && now - held.openedAt < MAX_HOLD_MS;
  }

  /** For the next turn under this authority, if it is held and idle. */
  take(
    authority: Authority,
    now: number,
  ): { readonly reservation: TurnId; readonly slice: Slice } | undefined {
    const held = this.#held;
    if (held === undefined || !this.isIdle(authority, now)) return undefined;
    const { idleUntil: _, ...used } = held;
    this.#held = used;
    return {
      reservation: held.reservation,
      slice: sliceForTurn(held.left, authority.policy.limits),
    };
  }

  /** A turn has ended well; answers until when its slice is held, or nothing if it is not any more. */
  keep(reservation: TurnId, used: Settlement, now: number): number | undefined {
    const held = this.#held;
    if (held?.reservation !== reservation) return undefined;
    const left = spendSlice(held.left, used);
    if (!isWholeTurn(left, held.first, held.authority.policy.limits)) {
      this.release();
      return undefined;
    }
    const idleUntil = now + HOLD_MS;
    this.#held = { ...held, left, idleUntil };
    return idleUntil;
  }

  /** Whether its settlement must wait. */
  isHeld(reservation: TurnId, now: number): boolean {
    const held = this.#held;
    if (held?.reservation !== reservation) return false;
    return held.idleUntil === undefined || now < held.idleUntil;
  }

  /** This one is held no more, or whatever is: it is to be settled. */
  release(reservation = this.#held?.reservation): void {
    if (this.#held?.reservation === reservation) this.#held = undefined;
  }
}
