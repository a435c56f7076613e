/**
 * The tool of this plugin: an exported function without parameters that returns 0.
 *
 * An instance serves one call, so nothing needs to be freed and nothing is kept.
 */

import { Json } from "./sdk/json";
import { answer, readArguments } from "./sdk/tool";

/** `entry` in plugin.json names it. The arguments have passed the tool's `inputSchema`. */
export function __entry__(): i32 {
  const name = readArguments().textOf("name", "");
  const result = Json.object();
  result.set("greeting", Json.ofText("Hello, " + name + "!"));
  return answer(result);
}
