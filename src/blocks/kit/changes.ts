/**
 * How a block changes: storage and memory together, in one transaction.
 *
 * Some writes are of no use to anybody but the block itself, such as the deletion of what another
 * block has taken over. They may be late, and may be lost: they are done as part of the next change,
 * or by themselves a while later, so that they cost a busy block no write to disk. A block that is
 * woken later on anyway need not be kept awake for them, which would cost more than the write.
 *
 * @module
 */

/** How long late writes wait for a change, in milliseconds. */
const LATE_MS = 1_000;

export interface ChangeRules {
  /** Makes every copy in memory be read again when it is needed. Reads nothing itself. */
  readonly forgetMemory: () => void;
  /** `when-asked`: late writes wait for a change or {@link Changes.catchUp}, and for no timer. */
  readonly late?: 'soon' | 'when-asked';
  /** Ends each transaction: writes what the stores have gathered in it. */
  readonly flush?: () => void;
}

export class Changes {
  readonly #storage: Pick<DurableObjectStorage, 'transactionSync'>;
  readonly #rules: ChangeRules;
  #isUnderWay = false;
  #late: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(storage: Pick<DurableObjectStorage, 'transactionSync'>, rules: ChangeRules) {
    this.#storage = storage;
    this.#rules = rules;
  }

  /** Changes all of it, or, if `change` throws, nothing. Within a change it is part of that. */
  make<T>(change: () => T): T {
    if (this.#isUnderWay) return change();
    this.#isUnderWay = true;
    try {
      const result = this.#storage.transactionSync(() => {
        for (const write of this.#late) write();
        const changed = change();
        this.#rules.flush?.();
        return changed;
      });
      this.#late = [];
      return result;
    } catch (thrown) {
      this.forgetMemory();
      throw thrown;
    } finally {
      this.#isUnderWay = false;
    }
  }

  /** Memory has changed already, and `write` must bear to be done twice. */
  writeLate(write: () => void): void {
    this.#late.push(write);
    if (this.#rules.late === 'when-asked') return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.catchUp();
    }, LATE_MS);
  }

  /** Does the late writes now, if there are any. */
  catchUp(): void {
    if (this.#late.length > 0) this.make(() => undefined);
  }

  /** Memory may be ahead of storage: everything in it is read again when it is needed. */
  forgetMemory(): void {
    this.#rules.forgetMemory();
  }

  /** Storage was wiped: there is nothing left to read, or to write to. */
  forgetAll(): void {
    this.#late = [];
    this.forgetMemory();
  }
}
