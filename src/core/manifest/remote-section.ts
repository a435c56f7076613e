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
import type { SignInHolder } from '../vault/sign-in-name.ts';

/** Most tools of one server; the plugin has one more, to look with. */
const MAX_REMOTE_TOOLS = 63;

/** A person signs in by a browser: the authorization code grant, as MCP asks for it. */
export interface SignInAuth {
  readonly type: 'sign-in';
  /** Whose the tokens are; of each principal for itself, unless it is said. */
  readonly holder?: SignInHolder;
  readonly scope?: string;
  /** The only authorization server that anybody is sent to; whichever the server names, without. */
  readonly issuer?: string;
  /** As it was registered with that issuer by hand. */
  readonly client?: {
    readonly id: string;
    /** The secret of the vault that is its password. */
    readonly secret?: string;
  };
}

/** `oauth`: the client credentials grant (RFC 6749 section 4.4). */
export type RemoteAuth =
  | SignInAuth
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

const scopeSchema = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e ]{1,256}$/, 'must be scopes as RFC 6749 writes them');

const signInSchema = z
  .strictObject({
    type: z.literal('sign-in'),
    holder: z.enum(['principal', 'workspace']).exactOptional(),
    scope: scopeSchema.exactOptional(),
    issuer: urlSchema.exactOptional(),
    client: z
      .strictObject({
        id: z.string().regex(/^[\x20-\x7e]{1,512}$/, 'must be printable ASCII'),
        secret: secretSchema.exactOptional(),
      })
      .exactOptional(),
  })
  .refine(({ client, issuer }) => client === undefined || issuer !== undefined, {
    path: ['issuer'],
    error: 'must be there: a client is registered with one issuer',
  });

const authSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('secret'), secret: secretSchema }),
  z.strictObject({
    type: z.literal('oauth'),
    tokenUrl: urlSchema,
    secret: secretSchema,
    scope: scopeSchema.exactOptional(),
  }),
  signInSchema,
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
