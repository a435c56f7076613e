/** Finds what a query names in a document, in document order. */

import { Json, Kind } from "../../sdk/assembly/json";
import { writeJson } from "../../sdk/assembly/json-writer";
import { Step, StepKind } from "./query";

export class Match {
  constructor(
    public path: string,
    public value: Json,
  ) {}
}

export class Matches {
  found: Match[] = [];
  /** There were more than fit. */
  isCut: bool = false;
}

export function select(document: Json, steps: Step[], limit: i32): Matches {
  let matches = new Matches();
  matches.found.push(new Match("$", document));
  for (let index = 0; index < steps.length; index++) {
    const next = new Matches();
    next.isCut = matches.isCut;
    for (let at = 0; at < matches.found.length; at++) apply(steps[index], matches.found[at], next, limit);
    matches = next;
  }
  return matches;
}

function apply(step: Step, from: Match, into: Matches, limit: i32): void {
  if (step.kind == StepKind.Every) every(from, into, limit);
  else if (step.kind == StepKind.Name) named(step.name, from, into, limit);
  else at(step.index, from, into, limit);
  if (!step.isDeep) return;
  for (let index = 0; index < from.value.items.length && !into.isCut; index++) apply(step, child(from, index), into, limit);
}

function every(from: Match, into: Matches, limit: i32): void {
  for (let index = 0; index < from.value.items.length && !into.isCut; index++) add(child(from, index), into, limit);
}

function named(name: string, from: Match, into: Matches, limit: i32): void {
  if (from.value.kind != Kind.Object) return;
  const index = from.value.keys.lastIndexOf(name);
  if (index >= 0) add(child(from, index), into, limit);
}

function at(index: i32, from: Match, into: Matches, limit: i32): void {
  if (from.value.kind != Kind.List) return;
  const place = index < 0 ? from.value.items.length + index : index;
  if (place >= 0 && place < from.value.items.length) add(child(from, place), into, limit);
}

function add(match: Match, into: Matches, limit: i32): void {
  if (into.found.length == limit) into.isCut = true;
  else into.found.push(match);
}

function child(from: Match, index: i32): Match {
  const value = from.value.items[index];
  if (from.value.kind == Kind.List) return new Match(from.path + "[" + index.toString() + "]", value);
  const key = from.value.keys[index];
  return new Match(from.path + (isPlain(key) ? "." + key : "[" + writeJson(Json.ofText(key)) + "]"), value);
}

function isPlain(key: string): bool {
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index);
    const isWord = (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a || unit >= 0x30 && unit <= 0x39 || unit == 0x5f || unit == 0x2d;
    if (!isWord) return false;
  }
  return key.length > 0;
}
