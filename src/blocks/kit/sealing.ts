/**
 * Seals what an object stores of its users' content, and opens it again, where the policy of its
 * workspace says so.
 *
 * A row is sealed with AES-256-GCM under a key of this object; workspace, object and row are bound to it,
 * so that it opens in its own place alone. A sealed row names its key, so that keys change and rows stay.
 * Rows of before the policy are read as they are. Sealing is synchronous, as transactions are; what may
 * have to wait is getting the keys, which is done before an object that has sealed anything begins.
 *
 * Memory knows which keys the object has used. Whoever rolls a transaction back, or wipes the storage,
 * calls {@link Sealing.forget}.
 *
 * @module
 */

import type { BlockBody } from '../../core/blocks/block-body.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { EncryptionPolicy } from '../../core/policy/encryption-policy.ts';
import { open, seal } from '../vault/envelope.ts';
import { openVault } from '../vault/vault-client.ts';
import { openGovernance } from '../workspace/governance-client.ts';
import { workspaceAround } from './address.ts';
import type { BlockBindings } from './bindings.ts';
import type { ContentSeal } from './content-seal.ts';
import { hearEncryption, knownEncryption } from './known-encryption.ts';
import { type MasterKeys, ObjectKeys } from './object-keys.ts';
import { type Form, isMarked, readMark, writeMark } from './sealed-text.ts';
import type { Tables } from './tables.ts';

/** How old the keys may be when there might be newer ones, in milliseconds. */
const KEYS_GOOD_MS = 60_000;

/** Which keys the object has ever sealed with: whoever finds the table needs keys to read. */
export const SEALED_WITH = 'sealed_with';
const COLUMNS = '(key_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID';

type ObjectKind =
  | ('session' | 'block' | 'storage' | 'lane' | 'nodes' | 'schedules' | 'channels')
  | ('workspace' | 'session-index');

export interface SealingHost {
  readonly env: MasterKeys & Pick<BlockBindings, 'VAULTS' | 'WORKSPACES'>;
  readonly ctx: DurableObjectState;
  readonly tables: Tables;
  /** Of the object; with its name, what no other object has. */
  readonly kind: ObjectKind;
}

export class Sealing implements ContentSeal {
  readonly #host: SealingHost;
  #keys: { readonly known: ObjectKeys; readonly at: number } | undefined;
  #isOn = false;
  #turningOn: Promise<void> | undefined;
  #asking: Promise<void> | undefined;
  /** Keys whose use is stored. */
  #used: Set<string> | undefined;

  constructor(host: SealingHost) {
    this.#host = host;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /**
   * For a block's constructor: what it begins with, once it can read what it has stored. At once where
   * it has sealed nothing. An object that cannot open its rows begins all the same, and says so to
   * whoever asks for them.
   */
  begin(begin: () => void): void {
    if (!this.#host.tables.has(SEALED_WITH)) {
      begin();
      return;
    }
    void this.#host.ctx.blockConcurrencyWhile(async () => {
      this.#keys = await this.#getKeys();
      this.#isOn = true;
      try {
        begin();
      } catch (thrown) {
        if (!(thrown instanceof Fault && thrown.code === 'content_unreadable')) throw thrown;
      }
    });
  }

  /**
   * Goes by the policy from now on. `undefined` if that needs no waiting.
   *
   * @throws Fault `content_unreadable` if what is written now cannot be sealed.
   */
  follow({ atRest }: EncryptionPolicy): Promise<void> | undefined {
    if (atRest === 'none') {
      this.#isOn = false;
      return undefined;
    }
    if (!this.#hasGoodKeys()) return this.#turnOn();
    this.#isOn = true;
    return undefined;
  }

  /** The same, for an object that did not {@link begin}: has the keys of what it sealed before, too. */
  async resume(policy: EncryptionPolicy): Promise<void> {
    const hasSealed = this.#keys !== undefined || this.#host.tables.has(SEALED_WITH);
    if (hasSealed && !this.#hasGoodKeys()) await this.#turnOn();
    const following = this.follow(policy);
    if (following !== undefined) await following;
  }

  /**
   * The same with the policy as it was a few seconds ago at most; for objects that hear of none.
   * `undefined` if that needs no waiting.
   */
  ask(): Promise<void> | undefined {
    const policy = knownEncryption(workspaceAround(this.#host.ctx));
    return policy === undefined ? this.#ask() : this.follow(policy);
  }

  /**
   * The same, for what has an order to keep: it waits only where the policy is known and the keys are
   * not, and goes by a policy that is not known as soon as it is.
   */
  prepare(): Promise<void> | undefined {
    const policy = knownEncryption(workspaceAround(this.#host.ctx));
    if (policy !== undefined && (policy.atRest === 'none' || this.#keys === undefined)) {
      return this.follow(policy);
    }
    if (policy !== undefined) this.#isOn = true;
    this.#askLater(policy);
    return undefined;
  }

  seal(row: string, text: string): string {
    if (!this.#isOn) return isMarked(text) ? writeMark('plain', text) : text;
    return this.#seal(row, 'text', Buffer.from(text, 'utf8'));
  }

  sealBytes(row: string, bytes: Uint8Array): string | undefined {
    return this.#isOn ? this.#seal(row, 'bytes', bytes) : undefined;
  }

  open(row: string, stored: string): BlockBody {
    const mark = readMark(stored);
    if (mark === undefined) return stored;
    if (mark.form === 'plain') return mark.text;
    const { form, keyId, sealed } = mark;
    const key = this.#keys?.known.find(keyId);
    const plain = key && open(key, sealed, this.#about(row, form));
    if (plain === undefined) throw unreadable();
    return form === 'bytes' ? new Uint8Array(plain) : Buffer.from(plain).toString('utf8');
  }

  openText(row: string, stored: string): string {
    if (!isMarked(stored)) return stored;
    const opened = this.open(row, stored);
    if (typeof opened !== 'string') throw unreadable();
    return opened;
  }

  forget(): void {
    this.#used = undefined;
    this.#host.tables.forget();
  }

  #seal(row: string, form: Form, plain: Uint8Array): string {
    const keyId = this.#keys?.known.newest;
    const key = keyId && this.#keys?.known.find(keyId);
    if (!keyId || !key) throw unreadable();
    this.#noteUse(keyId);
    return writeMark(form, { keyId, sealed: seal(key, plain, this.#about(row, form)) });
  }

  #about(row: string, form: Form) {
    const { workspace, object } = this.#object();
    return { kind: 'sallyport-content/1', workspace, object, row, form };
  }

  #noteUse(keyId: string): void {
    const { ctx, tables } = this.#host;
    const { sql } = ctx.storage;
    tables.make(SEALED_WITH, COLUMNS);
    this.#used ??= new Set(
      sql
        .exec<{ key_id: string }>(`SELECT key_id FROM ${SEALED_WITH}`)
        .toArray()
        .map((row) => row.key_id),
    );
    if (this.#used.has(keyId)) return;
    sql.exec(`INSERT INTO ${SEALED_WITH} (key_id) VALUES (?)`, keyId);
    this.#used.add(keyId);
  }

  #hasGoodKeys(): boolean {
    return this.#keys !== undefined && Date.now() - this.#keys.at < KEYS_GOOD_MS;
  }

  /** Once for all who wait, so that they go on in their order. */
  #turnOn(): Promise<void> {
    this.#turningOn ??= this.#getKeys()
      .then((keys) => {
        this.#keys = keys;
        this.#isOn = true;
        const { known } = keys;
        if (known.newest === undefined || !known.find(known.newest)) throw unreadable();
      })
      .finally(() => {
        this.#turningOn = undefined;
      });
    return this.#turningOn;
  }

  /** What cannot be sealed then is refused when it is written. */
  #askLater(policy: EncryptionPolicy | undefined): void {
    const isGood = policy !== undefined && this.#hasGoodKeys();
    if (isGood || this.#asking !== undefined) return;
    const over = (): void => {
      this.#asking = undefined;
    };
    const asked = policy === undefined ? this.#ask() : this.#turnOn();
    this.#asking = asked.then(over, over);
    this.#host.ctx.waitUntil(this.#asking);
  }

  async #ask(): Promise<void> {
    const workspace = workspaceAround(this.#host.ctx);
    const policy = await openGovernance(this.#host.env, workspace).encryption();
    hearEncryption(workspace, policy);
    await this.follow(policy);
  }

  async #getKeys() {
    const { env } = this.#host;
    const object = this.#object();
    const wrapped = await openVault(env, object.workspace).contentKeys();
    return { known: new ObjectKeys(wrapped, env, object), at: Date.now() };
  }

  #object() {
    const { ctx, kind } = this.#host;
    return { workspace: workspaceAround(ctx), object: `${kind}:${ctx.id.name}` };
  }
}

function unreadable(): Fault {
  return new Fault(
    'content_unreadable',
    'Cannot open stored content: it must be unchanged, in its own place, and of this master key',
  );
}
