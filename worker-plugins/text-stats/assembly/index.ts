/**
 * `text-stats`: what can be counted in a text. Pure computation; it asks for nothing.
 */

import { Json } from "../../sdk/assembly/json";
import { answer, readArguments } from "../../sdk/assembly/tool";
import { Character, isTerminator, kindOf } from "./characters";

/** Adults read about that many words of prose a minute. */
const WORDS_A_MINUTE: i64 = 230;

/** Longest word that is repeated in the answer, in UTF-16 code units. */
const MAX_WORD: i32 = 100;

class Stats {
  characters: i32 = 0;
  spaces: i32 = 0;
  words: i32 = 0;
  letters: i32 = 0;
  sentences: i32 = 0;
  longest: string = "";
  longestLength: i32 = 0;

  /** Counts a word. The first of the longest ones is kept. */
  close(text: string, from: i32, to: i32, length: i32): void {
    this.words++;
    this.letters += length;
    if (length <= this.longestLength) return;
    this.longest = text.substring(from, to);
    this.longestLength = length;
  }
}

export function text_stats(): i32 {
  const text = readArguments().textOf("text", "");
  const stats = measure(text);
  const result = Json.object();
  result.set("words", Json.ofInteger(stats.words));
  result.set("characters", Json.ofInteger(stats.characters));
  result.set("charactersWithoutSpaces", Json.ofInteger(stats.characters - stats.spaces));
  result.set("lines", Json.ofInteger(countLines(text)));
  result.set("sentences", Json.ofInteger(stats.sentences));
  result.set("longestWord", Json.ofText(stats.longest.substring(0, MAX_WORD)));
  result.set("averageWordLength", Json.ofTenths(perWordInTenths(stats)));
  result.set("readingTimeSeconds", Json.ofInteger((stats.words * 60 + WORDS_A_MINUTE - 1) / WORDS_A_MINUTE));
  return answer(result);
}

/**
 * A word is a run of characters between spaces and punctuation; a joiner inside of one belongs to
 * it. A sentence ends at a terminator that stands in no word, and the last one needs none.
 */
function measure(text: string): Stats {
  const stats = new Stats();
  let wordFrom = -1;
  let wordLength = 0;
  let isSentenceOpen = false;
  let point = pointAt(text, 0);
  for (let at = 0; at < text.length; ) {
    const size = point > 0xffff ? 2 : 1;
    const next = pointAt(text, at + size);
    const kind = kindOf(point);
    const joins = kind == Character.Joiner && wordFrom >= 0 && kindOf(next) == Character.Letter;
    stats.characters++;
    if (kind == Character.Letter || joins) {
      if (wordFrom < 0) wordFrom = at;
      wordLength++;
      isSentenceOpen = true;
    } else {
      if (wordFrom >= 0) stats.close(text, wordFrom, at, wordLength);
      wordFrom = -1;
      wordLength = 0;
      if (kind == Character.Space) stats.spaces++;
      else if (kind == Character.Ideograph) {
        stats.close(text, at, at + size, 1);
        isSentenceOpen = true;
      } else if (isSentenceOpen && isTerminator(point)) {
        stats.sentences++;
        isSentenceOpen = false;
      }
    }
    at += size;
    point = next;
  }
  if (wordFrom >= 0) stats.close(text, wordFrom, text.length, wordLength);
  if (isSentenceOpen) stats.sentences++;
  return stats;
}

/** A space beyond the end. */
function pointAt(text: string, at: i32): i32 {
  if (at >= text.length) return 0x20;
  const unit: i32 = load<u16>(changetype<usize>(text) + (<usize>at << 1));
  return (unit & 0xfc00) == 0xd800 ? text.codePointAt(at) : unit;
}

function perWordInTenths(stats: Stats): i64 {
  if (stats.words == 0) return 0;
  return (<i64>stats.letters * 10 + stats.words / 2) / stats.words;
}

/** Line feed, carriage return and both together end a line; what follows the last one is a line too. */
function countLines(text: string): i32 {
  if (text.length == 0) return 0;
  let lines = 1;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const isPair = unit == 13 && at + 1 < text.length && text.charCodeAt(at + 1) == 10;
    if (isPair) continue;
    if ((unit == 10 || unit == 13) && at + 1 < text.length) lines++;
  }
  return lines;
}
