/**
 * How a tool reads its arguments and gives its answer.
 *
 * A tool is an exported function without parameters that returns 0. What the model can mend (a
 * query with a typing error, say) is an ordinary answer; `fail` is for what it cannot.
 */

import { Host, Memory } from "@extism/as-pdk";
import { error_set } from "@extism/as-pdk/lib/env";
import { Json, Kind } from "./json";
import { JsonReader } from "./json-reader";
import { writeJson } from "./json-writer";
import { decode, encode } from "./utf8";

/** The arguments. The gateway has checked them against the tool's schema. */
export function readArguments(): Json {
  const read = new JsonReader(decode(Host.input())).read();
  return read !== null && read.kind == Kind.Object ? read : Json.object();
}

/**
 * `Host.outputString` of the PDK counts characters where bytes are meant, and cuts an answer
 * that holds more than ASCII: so bytes it is.
 */
export function answer(json: Json): i32 {
  Host.output(encode(writeJson(json)));
  return 0;
}

/** Ends the call as failed. The text is for the plugin's author; nobody else sees it. */
export function fail(reason: string): i32 {
  error_set(Memory.allocateString(reason).offset);
  return 1;
}
