/**
 * `json-query`: reads values from a JSON document by a path. Pure computation; it asks for nothing.
 *
 * What is wrong with document or query is part of the answer, since the one who asks can mend it.
 */

import { Json } from "../../sdk/assembly/json";
import { JsonReader } from "../../sdk/assembly/json-reader";
import { answer, readArguments } from "../../sdk/assembly/tool";
import { parseQuery } from "./query";
import { select } from "./select";

/** Most matches in one answer. */
const MAX_MATCHES: i32 = 1000;

export function json_query(): i32 {
  const args = readArguments();
  const reader = new JsonReader(args.textOf("json", ""));
  const document = reader.read();
  if (document === null) return problem("json", reader.problem, reader.at);

  const query = parseQuery(args.textOf("query", "$"));
  if (query.problem != "") return problem("query", query.problem, query.at);

  const matches = select(document, query.steps, MAX_MATCHES);
  const list = Json.list();
  for (let index = 0; index < matches.found.length; index++) {
    const match = Json.object();
    match.set("path", Json.ofText(matches.found[index].path));
    match.set("value", matches.found[index].value);
    list.push(match);
  }
  const result = Json.object();
  result.set("count", Json.ofInteger(matches.found.length));
  result.set("matches", list);
  if (matches.isCut) result.set("truncated", Json.ofBoolean(true));
  return answer(result);
}

function problem(argument: string, must: string, at: i32): i32 {
  const error = Json.object();
  error.set("argument", Json.ofText(argument));
  error.set("must", Json.ofText(must));
  error.set("at", Json.ofInteger(at));
  const result = Json.object();
  result.set("count", Json.ofInteger(0));
  result.set("matches", Json.list());
  result.set("error", error);
  return answer(result);
}
