/**
 * The secrets that one call may send: the plugin holds handles, and its lane puts the values in.
 *
 * A handle is made for one call and means nothing to anybody else, so it does no harm where it ends
 * up. It is replaced in the headers of a request alone, after the session has allowed the use and
 * the vault has found the request's host among those of the secret. Neither value nor plain text
 * leaves the lane by any other way.
 *
 * @module
 */

import { randomHex } from '../../blocks/kit/keys.ts';
import { type PluginSettings, toSettings } from '../../core/manifest/plugin-settings.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { type RefusedToken, readRefusedToken } from '../../core/remote-sign-in/challenge.ts';
import { compileKnownValues, type KnownValues } from '../../core/scan/known-values.ts';
import { readSignInName } from '../../core/vault/sign-in-name.ts';
import { type HeaderRecord, isHeaderValue } from './http-headers.ts';
import type { HttpTarget } from './http-target.ts';
import type { PluginFailure } from './isolate/plugin-protocol.ts';

const HANDLE_BYTES = 16;
const HANDLE = /sallyport-secret-[0-9a-f]{32}/g;

/** What stands in a response where the value of a secret stood. */
const HIDDEN = '[secret]';

export interface SecretGate {
  /** The value of a secret for one request to a target that the call may reach. */
  reveal(name: string, target: HttpTarget): Promise<Result<string, PluginFailure>>;
  /** The target did not take the token of a sign-in. `ok`: there is another one to try. */
  refuse(
    refused: RefusedToken & { readonly name: string; readonly token: string },
    target: HttpTarget,
  ): Promise<Result<void, PluginFailure>>;
}

/** What happens to the secrets of a call in one request and its response. */
export interface RequestSecrets {
  /** The headers with values in the place of handles, for one request to `target`. */
  fill(headers: HeaderRecord, target: HttpTarget): Promise<Result<HeaderRecord, PluginFailure>>;
  /** Whether to send the same once more, or to end the call, since a token was not taken. */
  hear(response: Response, target: HttpTarget): Promise<'again' | PluginFailure | undefined>;
  /** A text of the response, without the values that were sent. */
  hideText(text: string): string;
  /** The same for bytes. */
  hideBytes(bytes: Uint8Array): Uint8Array;
}

export class CallSecrets {
  /** As the plugin reads them; absent where nothing is set. */
  readonly settings: PluginSettings | undefined;
  /** Names of secrets by their handles. */
  readonly #names = new Map<string, string>();
  /** Values that were sent, as the bytes of a header, with the names of their secrets. */
  readonly #sent = new Map<string, string>();
  /** Tokens of sign-ins in the latest request, by the names of these. */
  readonly #tokens = new Map<string, string>();

  constructor(config: JsonObject | undefined) {
    this.settings = config && toSettings(config, (name) => this.#toHandle(name));
  }

  /** What the call has sent so far, to be looked for in what its plugin says; nothing if that is none. */
  get sent(): KnownValues | undefined {
    if (this.#sent.size === 0) return undefined;
    return compileKnownValues(Array.from(this.#sent, ([value, name]) => ({ name, value })));
  }

  sentThrough(gate: SecretGate): RequestSecrets {
    return {
      fill: (headers, target) => this.#fill(headers, (name) => gate.reveal(name, target)),
      hear: (response, target) => this.#hear(response, (refused) => gate.refuse(refused, target)),
      hideText: (text) => this.#hideText(text),
      hideBytes: (bytes) => this.#hideBytes(bytes),
    };
  }

  async #fill(
    headers: HeaderRecord,
    reveal: (name: string) => Promise<Result<string, PluginFailure>>,
  ): Promise<Result<HeaderRecord, PluginFailure>> {
    const values = new Map<string, string>();
    this.#tokens.clear();
    for (const [handle, name] of this.#findHandles(headers)) {
      const value = await reveal(name);
      if (!value.ok) return value;
      if (!isHeaderValue(value.value)) return err('host_denied');
      values.set(handle, value.value);
      this.#sent.set(value.value, name);
      if (readSignInName(name) !== undefined) this.#tokens.set(name, value.value);
    }
    if (values.size === 0) return ok(headers);
    const filled = Object.entries(headers).map(([name, text]) => [
      name,
      text.replace(HANDLE, (handle) => values.get(handle) ?? handle),
    ]);
    return ok(Object.fromEntries(filled));
  }

  async #hear(
    { status, headers }: Response,
    refuse: (
      refused: RefusedToken & { readonly name: string; readonly token: string },
    ) => Promise<Result<void, PluginFailure>>,
  ): Promise<'again' | PluginFailure | undefined> {
    const [sent] = this.#tokens;
    if (sent === undefined) return undefined;
    const [name, token] = sent;
    const refused = readRefusedToken(status, headers.get('WWW-Authenticate'), token);
    if (refused === undefined) return undefined;
    const heard = await refuse({ ...refused, name, token });
    return heard.ok ? 'again' : heard.error;
  }

  #hideText(text: string): string {
    let hidden = text;
    for (const value of this.#sent.keys()) hidden = hidden.replaceAll(value, HIDDEN);
    return hidden;
  }

  #hideBytes(bytes: Uint8Array): Uint8Array {
    if (this.#sent.size === 0) return bytes;
    // One character for each byte, as in the headers that the values were sent in.
    return Buffer.from(this.#hideText(Buffer.from(bytes).toString('latin1')), 'latin1');
  }

  #toHandle(name: string): string {
    const handle = `sallyport-secret-${randomHex(HANDLE_BYTES)}`;
    this.#names.set(handle, name);
    return handle;
  }

  #findHandles(headers: HeaderRecord): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    if (this.#names.size === 0) return found;
    for (const [handle] of Object.values(headers).join('\n').matchAll(HANDLE)) {
      const name = this.#names.get(handle);
      if (name !== undefined) found.set(handle, name);
    }
    return found;
  }
}
