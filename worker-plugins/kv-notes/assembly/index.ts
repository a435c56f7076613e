/**
 * `kv-notes`: notes that outlive the call, in the plugin's own storage. What the storage says no to
 * (it is full, say) is part of the answer, since the one who asks can mend it.
 */

import { Json, Kind } from "../../sdk/assembly/json";
import { deleteKey, Entry, getText, Refusal } from "../../sdk/assembly/storage";
import { answer, readArguments } from "../../sdk/assembly/tool";
import { addNote, keyOf, NoteReader, numberOf } from "./notes";
import { excerpt, Finder } from "./texts";

/** Longest beginning of a note in a list, in UTF-16 code units. */
const MAX_PREVIEW: i32 = 120;

export function note_add(): i32 {
  const added = addNote(readArguments().textOf("text", ""));
  const result = Json.object();
  if (added.refusal == Refusal.None) result.set("id", Json.ofInteger(added.number));
  else result.set("error", Json.ofText(sentenceOf(added.refusal)));
  return answer(result);
}

export function note_get(): i32 {
  const id = integerOf(readArguments(), "id", 0);
  const text = getText(keyOf(id));
  const result = Json.object();
  result.set("id", Json.ofInteger(id));
  result.set("found", Json.ofBoolean(text !== null));
  if (text !== null) result.set("text", Json.ofText(text));
  return answer(result);
}

export function note_list(): i32 {
  const args = readArguments();
  const limit = integerOf(args, "limit", 50);
  const reader = new NoteReader(integerOf(args, "after", 0));
  const notes = Json.list();
  let last: i64 = 0;
  let entry = reader.next();
  while (entry !== null && notes.items.length < limit) {
    last = numberOf(entry.key);
    notes.push(describe(entry, excerpt(entry.value, 0, MAX_PREVIEW)));
    entry = reader.next();
  }
  const result = Json.object();
  result.set("notes", notes);
  if (entry !== null) result.set("next", Json.ofInteger(last));
  return answer(result);
}

export function note_search(): i32 {
  const args = readArguments();
  const limit = integerOf(args, "limit", 20);
  const finder = new Finder(args.textOf("phrase", ""));
  const reader = new NoteReader(0);
  const notes = Json.list();
  let isCut = false;
  for (let entry = reader.next(); entry !== null; entry = reader.next()) {
    const at = finder.find(entry.value);
    if (at < 0) continue;
    isCut = notes.items.length == limit;
    if (isCut) break;
    notes.push(describe(entry, excerpt(entry.value, at, MAX_PREVIEW)));
  }
  const result = Json.object();
  result.set("notes", notes);
  if (isCut) result.set("truncated", Json.ofBoolean(true));
  return answer(result);
}

export function note_delete(): i32 {
  const id = integerOf(readArguments(), "id", 0);
  const key = keyOf(id);
  const wasThere = getText(key) !== null;
  if (wasThere) deleteKey(key);
  const result = Json.object();
  result.set("id", Json.ofInteger(id));
  result.set("deleted", Json.ofBoolean(wasThere));
  return answer(result);
}

function describe(entry: Entry, text: string): Json {
  const note = Json.object();
  note.set("id", Json.ofInteger(numberOf(entry.key)));
  note.set("text", Json.ofText(text));
  return note;
}

/** The gateway has checked that it is an integer within its bounds. */
function integerOf(args: Json, name: string, otherwise: i32): i32 {
  const value = args.get(name);
  return value !== null && value.kind == Kind.Number ? <i32>parseFloat(value.text) : otherwise;
}

function sentenceOf(refusal: Refusal): string {
  if (refusal == Refusal.StorageFull) return "There is no room for this note: delete some, or shorten it.";
  if (refusal == Refusal.TooManyKeys) return "There are as many notes as there may be: delete some.";
  if (refusal == Refusal.KeyExists) return "Others are adding notes at the same time: try again.";
  return "The note is too long.";
}
