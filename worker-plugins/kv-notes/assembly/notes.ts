/**
 * Where notes are kept: `note/` and the number with leading zeros, so that the order of keys is
 * that of numbers. `last` holds the last number given out, as a hint only: two calls may read it at
 * the same time, but only one of them can add a key.
 */

import { addText, Entry, getText, listEntries, MAX_LISTED, Refusal, setText } from "../../sdk/assembly/storage";

const PREFIX: string = "note/";
const LAST: string = "last";
const DIGITS: i32 = 8;
const HIGHEST: i64 = 99_999_999;

/** Numbers that are tried before giving up; a call may ask its storage 50 times. */
const MAX_TRIES: i32 = 16;

export class Added {
  constructor(
    public number: i64,
    public refusal: Refusal,
  ) {}
}

export function addNote(text: string): Added {
  const last = getText(LAST);
  let number: i64 = last === null ? 1 : <i64>parseInt(last) + 1;
  for (let tries = 0; tries < MAX_TRIES && number <= HIGHEST; tries++) {
    const refusal = addText(keyOf(number), text);
    if (refusal == Refusal.None) setText(LAST, number.toString());
    if (refusal != Refusal.KeyExists) return new Added(number, refusal);
    number++;
  }
  return new Added(0, Refusal.KeyExists);
}

export function keyOf(number: i64): string {
  return PREFIX + number.toString().padStart(DIGITS, "0");
}

export function numberOf(key: string): i64 {
  return <i64>parseInt(key.substring(PREFIX.length), 10);
}

/** Goes through the notes behind a number, page by page. */
export class NoteReader {
  private page: Entry[] = [];
  private at: i32 = 0;
  private last: string;
  private isOver: bool = false;

  constructor(after: i64) {
    this.last = keyOf(after);
  }

  next(): Entry | null {
    if (this.at == this.page.length && !this.isOver) this.turnPage();
    return this.isOver ? null : this.page[this.at++];
  }

  private turnPage(): void {
    this.page = listEntries(PREFIX, this.last, MAX_LISTED);
    this.at = 0;
    if (this.page.length == 0) this.isOver = true;
    else this.last = this.page[this.page.length - 1].key;
  }
}
