/**
 * HTTP through the host, which asks the gateway before every request and every redirect.
 *
 * A refusal ends the call at once; there is nothing to catch. A server that gave no answer is
 * status 0, with the reason in the header `x-sallyport-unanswered`.
 */

import { Memory } from "@extism/as-pdk";
import { http_request, length } from "@extism/as-pdk/lib/env";
import { Json } from "./json";
import { JsonReader } from "./json-reader";
import { writeJson } from "./json-writer";

@external("extism:host/env", "http_status_code")
declare function http_status_code(): i32;

@external("extism:host/env", "http_headers")
declare function http_headers(): u64;

export class Answer {
  constructor(
    public status: i32,
    /** An object of texts, names in lower case. */
    public headers: Json,
    public body: Uint8Array,
  ) {}
}

/** `headers` is an object of texts. */
export function send(method: string, url: string, headers: Json, body: string): Answer {
  const request = Json.object();
  request.set("url", Json.ofText(url));
  request.set("method", Json.ofText(method));
  request.set("headers", headers);
  const bodyOffset = body.length == 0 ? 0 : Memory.allocateString(body).offset;
  const offset = http_request(Memory.allocateString(writeJson(request)).offset, bodyOffset);
  return new Answer(http_status_code(), readHeaders(), new Memory(offset, length(offset)).toUint8Array());
}

function readHeaders(): Json {
  const offset = http_headers();
  const text = new Memory(offset, length(offset)).toString();
  const headers = new JsonReader(text).read();
  return headers === null ? Json.object() : headers;
}
