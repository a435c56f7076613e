/**
 * Keeps the engine willing to make small functions a part of their callers.
 *
 * V8 tells from the share of small functions how far a module was optimised before: the fewer are
 * small, the less of such inlining it does. Charges make functions larger, so a hardened module
 * would be taken for an optimised one and run two to three times slower. A few functions that
 * nobody calls set the share right; they are never compiled.
 *
 * @module
 */

/** V8 calls a function small whose body has fewer bytes. */
const SMALL_BODY_BYTES = 50;

/**
 * Up to a quarter V8 inlines the least, and so little that a function with charges in it has no
 * room left; from one half on it makes no difference.
 */
const LEAST_SHARE = { small: 28, of: 100 };
const LARGEST_SHARE = { small: 1, of: 2 };

interface Share {
  readonly small: number;
  readonly of: number;
}

export class SmallBodies {
  private uploaded = 0;
  private smallUploaded = 0;
  private written = 0;
  private smallWritten = 0;

  /** Counts a body of the upload, and what became of it, in bytes. */
  add(uploadedBytes: number, writtenBytes: number): void {
    this.uploaded += 1;
    if (uploadedBytes < SMALL_BODY_BYTES) this.smallUploaded += 1;
    this.addAppended(writtenBytes);
  }

  /** Counts a body that is ours alone. */
  addAppended(writtenBytes: number): void {
    this.written += 1;
    if (writtenBytes < SMALL_BODY_BYTES) this.smallWritten += 1;
  }

  /** Small functions to be added; never more than have been written. */
  get missing(): number {
    if (this.uploaded === 0) return 0;
    const { small, of } = this.wantedShare;
    return Math.max(0, Math.ceil((small * this.written - of * this.smallWritten) / (of - small)));
  }

  private get wantedShare(): Share {
    const share = { small: this.smallUploaded, of: this.uploaded };
    if (isBelow(share, LEAST_SHARE)) return LEAST_SHARE;
    return isBelow(share, LARGEST_SHARE) ? share : LARGEST_SHARE;
  }
}

function isBelow(a: Share, b: Share): boolean {
  return a.small * b.of < b.small * a.of;
}
