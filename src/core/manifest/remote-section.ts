/**
 * The `remote` section of a manifest: an MCP server elsewhere, whose tools the plugin calls.
 *
 * The tools are written down as the server described them when somebody looked. What it says later
 * is compared with that, and never shown to a model.
 *
 * @module
 */

import * as z from 'zod';
import type { JsonObject } from '../primitives/json.ts';

/** Most tools of one server; the plugin has one more, to look with. */
const MAX_REMOTE_TOOLS = 63;

/** `oauth`: the client credentials grant (RFC 6749 section 4.4). */
export type RemoteAuth =
  | { readonly type: 'secret'; readonly secret: string }
  | {
      readonly type: 'oauth';
      readonly tokenUrl: string;
      /** Its value is base64 of `client_id:client_secret`, for HTTP Basic. */
      readonly secret: string;
      readonly scope?: string;
    };

/** A tool as its server defines it: all that says what the tool is. */
export interface RemoteTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly annotations?: JsonObject;
}

export interface RemoteSection {
  readonly url: string;
  readonly auth?: RemoteAuth;
  readonly tools: readonly RemoteTool[];
}

const urlSchema = z
  .string()
  .max(2_048)
  .regex(/^https?:\/\/[^\s]+$/i, 'must be an http(s) URL');
const secretSchema = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be the name of a secret');
const objectSchema = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;

const authSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('secret'), secret: secretSchema }),
  z.strictObject({
    type: z.literal('oauth'),
    tokenUrl: urlSchema,
    secret: secretSchema,
    scope: z
      .string()
      .regex(/^[\x21\x23-\x5b\x5d-\x7e ]{1,256}$/, 'must be scopes as RFC 6749 writes them')
      .exactOptional(),
  }),
]);

/** What a definition holds besides says nothing to a model or a person, and is left out. */
const remoteToolSchema = z.object({
  name: z.string().min(1).max(128),
  title: z.string().exactOptional(),
  description: z.string().exactOptional(),
  inputSchema: objectSchema,
  outputSchema: objectSchema.exactOptional(),
  annotations: objectSchema.exactOptional(),
});

export const remoteSchema = z.strictObject({
  url: urlSchema,
  auth: authSchema.exactOptional(),
  tools: z.array(remoteToolSchema).max(MAX_REMOTE_TOOLS).default([]),
});
