/**
 * Accounts of the host to run sandboxes as, when the executor runs as root: each living sandbox
 * has one of its own, which owns nothing and which no other program uses.
 *
 * The kernel asks for host uid 0, not for capabilities, before it lets `/proc/sys` be written, so
 * that a program which is root on the host is root in every sandbox.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { err, ok, type Result } from '../../core/primitives/result.ts';

/** Between the accounts that distributions and systemd hand out, and below those of containers. */
const FIRST_UID = 61_000;

/** Most sandboxes at one time. */
export const MAX_POOLED_UIDS = 64;

export class UidPool {
  readonly #free: number[];

  private constructor(free: number[]) {
    this.#free = free;
  }

  /** Refuses when the host has given one of the accounts to somebody. */
  static open(passwd = readFileSync('/etc/passwd', 'utf8')): Result<UidPool, string> {
    const uids = Array.from({ length: MAX_POOLED_UIDS }, (_, index) => FIRST_UID + index);
    const taken = new Set(passwd.split('\n').map((row) => Number(row.split(':')[2])));
    const clash = uids.find((uid) => taken.has(uid));
    return clash === undefined
      ? ok(new UidPool(uids))
      : err(`host uid ${clash} must not belong to an account`);
  }

  get range(): string {
    return `host uids ${FIRST_UID} to ${FIRST_UID + MAX_POOLED_UIDS - 1}`;
  }

  /** Absent when all are in use. */
  take(): number | undefined {
    return this.#free.shift();
  }

  /** Puts it last, so that an account rests for as long as possible. */
  giveBack(uid: number): void {
    this.#free.push(uid);
  }
}
