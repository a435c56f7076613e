/**
 * `http-fetch`: one HTTP request, through the host. The gateway checks host and port of the
 * request and of every redirect; this code only says what is wanted.
 */

import { send } from "../../sdk/assembly/http";
import { Json, Kind } from "../../sdk/assembly/json";
import { answer, readArguments } from "../../sdk/assembly/tool";
import { decode, isUtf8 } from "../../sdk/assembly/utf8";

/** Longest body that is repeated, in UTF-16 code units. */
const MAX_CHARS: i32 = 262_144;

export function http_fetch(): i32 {
  const args = readArguments();
  const headers = args.get("headers");
  const response = send(
    args.textOf("method", "GET"),
    args.textOf("url", ""),
    headers !== null && headers.kind == Kind.Object ? headers : Json.object(),
    args.textOf("body", ""),
  );
  const result = Json.object();
  result.set("status", Json.ofInteger(response.status));
  if (response.status == 0) {
    result.set("error", Json.ofText(response.headers.textOf("x-sallyport-unanswered", "unreachable")));
    return answer(result);
  }
  result.set("url", Json.ofText(response.headers.textOf("x-sallyport-url", "")));
  result.set("headers", shown(response.headers));
  addBody(result, response.body);
  return answer(result);
}

/** Without what only the host says of itself. */
function shown(headers: Json): Json {
  const kept = Json.object();
  for (let index = 0; index < headers.keys.length; index++) {
    if (!headers.keys[index].startsWith("x-sallyport-")) kept.set(headers.keys[index], headers.items[index]);
  }
  return kept;
}

/** Text is shown as it is; of anything else, only how much there was. */
function addBody(result: Json, bytes: Uint8Array): void {
  result.set("bytes", Json.ofInteger(bytes.length));
  if (!isUtf8(bytes)) {
    result.set("isText", Json.ofBoolean(false));
    return;
  }
  const text = decode(bytes);
  result.set("body", Json.ofText(cut(text)));
  if (text.length > MAX_CHARS) result.set("truncated", Json.ofBoolean(true));
}

/** Never between the halves of a pair, which would be no text. */
function cut(text: string): string {
  if (text.length <= MAX_CHARS) return text;
  const isHalf = (text.charCodeAt(MAX_CHARS - 1) & 0xfc00) == 0xd800;
  return text.substring(0, isHalf ? MAX_CHARS - 1 : MAX_CHARS);
}
