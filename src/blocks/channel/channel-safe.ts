/**
 * Seals what platforms gave us to prove ourselves by: a channel's credentials, and tokens that must come
 * back with a reply. Opened in memory alone, and said in no answer, log or record.
 *
 * @module
 */

import type { Credentials } from '../../channels/adapter.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { deriveKey } from '../kit/keys.ts';
import { open, seal } from '../vault/envelope.ts';

/** What a seal is about, so that one cannot stand in for another. */
type About = { readonly kind: string; readonly channel: string; readonly of: string };

type MasterKeys = Pick<BlockBindings, 'SALLYPORT_MASTER_KEY' | 'SALLYPORT_PREVIOUS_MASTER_KEY'>;

export class ChannelSafe {
  readonly #key: Uint8Array;
  /** What was sealed before the master key was changed can still be opened. */
  readonly #previous: Uint8Array | undefined;
  readonly #opened = new Map<string, Credentials>();

  constructor(env: MasterKeys, workspace: WorkspaceId) {
    const { SALLYPORT_MASTER_KEY: present, SALLYPORT_PREVIOUS_MASTER_KEY: previous } = env;
    this.#key = deriveKey(present, `channel:${workspace}`);
    this.#previous =
      previous === undefined ? undefined : deriveKey(previous, `channel:${workspace}`);
  }

  forget(): void {
    this.#opened.clear();
  }

  sealCredentials(channel: string, credentials: Credentials): Uint8Array {
    return this.#seal(JSON.stringify(credentials), aboutCredentials(channel));
  }

  /** Opens once; every webhook asks. */
  credentials(channel: string, read: () => Uint8Array | undefined): Credentials {
    const known = this.#opened.get(channel);
    if (known !== undefined) return known;
    const credentials: Credentials = JSON.parse(this.#open(read(), aboutCredentials(channel)));
    this.#opened.set(channel, credentials);
    return credentials;
  }

  /** As base64. */
  sealToken(channel: string, updateId: string, token: string): string {
    return Buffer.from(this.#seal(token, aboutToken(channel, updateId))).toString('base64');
  }

  openToken(channel: string, updateId: string, sealed: string): string {
    return this.#open(Buffer.from(sealed, 'base64'), aboutToken(channel, updateId));
  }

  #seal(text: string, about: About): Uint8Array {
    return seal(this.#key, Buffer.from(text, 'utf8'), about);
  }

  #open(sealed: Uint8Array | undefined, about: About): string {
    const plain = sealed && (open(this.#key, sealed, about) ?? this.#openPrevious(sealed, about));
    if (plain === undefined) {
      throw new Fault('internal', 'Cannot open a seal: it must be of this master key');
    }
    return Buffer.from(plain).toString('utf8');
  }

  #openPrevious(sealed: Uint8Array, about: About): Uint8Array | undefined {
    return this.#previous && open(this.#previous, sealed, about);
  }
}

const aboutCredentials = (channel: string): About => ({
  ...{ kind: 'sallyport-channel-credentials/1', channel, of: channel },
});

const aboutToken = (channel: string, updateId: string): About => ({
  ...{ kind: 'sallyport-channel-token/1', channel, of: updateId },
});
