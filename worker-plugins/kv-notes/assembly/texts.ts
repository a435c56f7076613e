/** Parts of notes as they are shown in lists. */

import { trimmed, unitAt } from "../../sdk/assembly/code-units";

/** Finds a phrase, whatever its case. */
export class Finder {
  private phrase: string;

  constructor(phrase: string) {
    this.phrase = phrase.toLowerCase();
  }

  /** Where it begins, about; -1 if it is not there. Folding may have moved it by a few places. */
  find(text: string): i32 {
    return text.toLowerCase().indexOf(this.phrase);
  }
}

/** One line around a place, with an ellipsis where something was left out. */
export function excerpt(text: string, around: i32, length: i32): string {
  const from = whole(text, <i32>Math.max(0, around - length / 2));
  const to = whole(text, <i32>Math.min(text.length, from + length));
  const line = trimmed(text.substring(from, to).replaceAll("\r", " ").replaceAll("\n", " "));
  return (from > 0 ? "… " : "") + line + (to < text.length ? " …" : "");
}

/** Never between the halves of a pair, which would be no text. */
function whole(text: string, at: i32): i32 {
  const isInside = at > 0 && at < text.length;
  return isInside && (unitAt(text, at) & 0xfc00) == 0xdc00 ? at - 1 : at;
}
