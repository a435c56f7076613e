/**
 * What a manifest says of signing in to the remote server that it names.
 *
 * @module
 */

import { readShape } from '../errors/pointer-errors.ts';
import { isJsonObject, type JsonObject } from '../primitives/json.ts';
import { toSignInName } from '../vault/sign-in-name.ts';
import { type RemoteSection, remoteSchema, type SignInAuth } from './remote-section.ts';

export type SignInSection = Pick<RemoteSection, 'url'> & { readonly auth: SignInAuth };

/** Nothing where nobody signs in. */
export function signInOf(manifest: JsonObject): SignInSection | undefined {
  const { remote } = manifest;
  if (!isJsonObject(remote)) return undefined;
  const read = readShape(remoteSchema, remote);
  if (!read.ok || read.value.auth?.type !== 'sign-in') return undefined;
  const { url, auth } = read.value;
  return { url, auth };
}

/** Nobody has to set them: they name what sign-ins to this plugin bring, and no other secret. */
export function signInSettings(manifest: JsonObject): JsonObject | undefined {
  const section = signInOf(manifest);
  const { name } = manifest;
  if (section === undefined || typeof name !== 'string') return undefined;
  const { holder = 'principal' } = section.auth;
  return { token: { secret: toSignInName({ plugin: name, holder }) } };
}
