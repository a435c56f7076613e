/**
 * `markdown-to-html`: CommonMark without HTML, reference links and character entities, with the
 * tables of GitHub. Pure computation; it asks for nothing.
 *
 * Whatever the text holds, the only markup in the answer is ours: see `html.ts`.
 */

import { Json } from "../../sdk/assembly/json";
import { answer, readArguments } from "../../sdk/assembly/tool";
import { BlockWriter } from "./blocks";
import { splitLines } from "./lines";

export function markdown_to_html(): i32 {
  const writer = new BlockWriter();
  writer.write(splitLines(readArguments().textOf("source", "")), 0);
  const result = Json.object();
  result.set("html", Json.ofText(writer.toString()));
  return answer(result);
}
