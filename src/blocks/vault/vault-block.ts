/**
 * The vault of a workspace: takes secrets, and gives one away only to a running call that sends it
 * to a host which the secret names.
 *
 * What is used, written, refused or deleted is on the record before it has any effect. This class is
 * the RPC surface; `sealed-secrets.ts` knows the keys.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { NamedActor } from '../../core/audit/named-actor.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { MAX_SECRETS, type Secret } from '../../core/vault/secret.ts';
import { workspaceOf } from '../kit/address.ts';
import { appendToChain } from '../kit/append-to-chain.ts';
import { Changes } from '../kit/changes.ts';
import { Outbox } from '../kit/outbox.ts';
import { Timers } from '../kit/timers.ts';
import { ContentKeys } from './content-keys.ts';
import { CONTENT_KEY, WrappingKeys } from './data-key.ts';
import { SealedSecrets } from './sealed-secrets.ts';
import type { TokenProblem, TokenUse } from './sign-in-api.ts';
import type { Lent } from './sign-in-desk.ts';
import { SignInVault, type VaultBindings } from './sign-in-vault.ts';
import type {
  SecretDescription,
  SecretLoan,
  SecretProblem,
  SecretUse,
  VaultApi,
  VaultDescription,
  VaultValues,
} from './vault-api.ts';
import { type StoredSecret, VaultStore } from './vault-store.ts';
import type { WrappedDataKey } from './wrapped-data-key.ts';

/** The name under which the outbox stands in the workspace's chain. */
const SOURCE = 'vault';

const DRAIN_TIMER = 'drain';
const SWEEP_TIMER = 'sign-ins';

/** How long the record waits at most before it is sent again, in milliseconds. */
const DRAIN_AGAIN_MS = 30_000;

type Facts = Omit<AuditEvent, 'at'>;

export class VaultBlock extends SignInVault implements VaultApi {
  readonly #workspace: WorkspaceId;
  readonly #store: VaultStore;
  readonly #secrets: SealedSecrets;
  readonly #contentKeys: ContentKeys;
  readonly #outbox: Outbox;
  readonly #timers: Timers;
  readonly #changes: Changes;

  constructor(ctx: DurableObjectState, env: VaultBindings) {
    super(ctx, env);
    this.#workspace = workspaceOf(ctx);
    this.#store = new VaultStore(ctx.storage.sql);
    const wrapping = new WrappingKeys(env, this.#workspace);
    this.#secrets = new SealedSecrets(this.#workspace, this.#store, wrapping);
    const contentWrapping = new WrappingKeys(env, this.#workspace, CONTENT_KEY);
    this.#contentKeys = new ContentKeys(ctx.storage.sql, contentWrapping);
    this.#outbox = new Outbox(ctx.storage.sql);
    this.#timers = new Timers(ctx.storage, {
      [DRAIN_TIMER]: () => this.#drain(),
      [SWEEP_TIMER]: () => this.desk.sweep(),
    });
    this.#changes = new Changes(ctx.storage, {
      forgetMemory: () => {
        this.#secrets.forget();
        this.#outbox.forget();
        this.#timers.forget();
      },
    });
    ctx.storage.transactionSync(() => {
      this.#store.createTables();
      this.#contentKeys.createTable();
      this.desk.createTables();
      this.#outbox.createTable();
      this.#timers.createTable();
    });
    this.#timers.restore();
  }

  override async alarm(): Promise<void> {
    await this.#timers.alarm(Date.now());
  }

  async put(
    actor: NamedActor,
    name: string,
    secret: Secret,
  ): Promise<SecretDescription | undefined> {
    const isNew = this.#store.find(name) === undefined;
    if (isNew && this.#store.count() >= MAX_SECRETS) return undefined;
    return this.#change(() => {
      const written = this.#secrets.write(name, secret, Date.now());
      this.#record('secret-written', actor, { secret: name, secretVersion: written.version });
      return written;
    });
  }

  async list(): Promise<VaultDescription> {
    return this.#describe();
  }

  async remove(actor: NamedActor, name: string): Promise<boolean> {
    const stored = this.#store.find(name);
    if (stored === undefined) return false;
    this.#change(() => {
      this.#secrets.remove(name);
      this.#record('secret-deleted', actor, { secret: name, secretVersion: stored.version });
    });
    return true;
  }

  async rewrap(actor: NamedActor): Promise<VaultDescription> {
    this.#change(() => {
      if (this.#store.count() > 0) this.#secrets.rewrap();
      if (this.#contentKeys.all().length > 0) this.#contentKeys.renew();
      this.desk.rewrap();
      this.#record('secrets-rewrapped', actor, { count: this.#store.count() });
    });
    return this.#describe();
  }

  async use(request: SecretUse): Promise<Result<string, SecretProblem>> {
    if (this.isBlocked()) return err('audit_unavailable');
    const { name, host } = request;
    const stored = this.#store.find(name);
    const mayGo = stored?.hosts.includes(host) === true;
    const found = this.#open(stored, mayGo);
    this.#recordUse({ request, stored, found, to: { resource: host } });
    return found;
  }

  async lend(request: SecretLoan): Promise<Result<Secret, SecretProblem>> {
    if (this.isBlocked()) return err('audit_unavailable');
    const { name, node } = request;
    const stored = this.#store.find(name);
    const hosts = stored?.hosts ?? [];
    const found = this.#open(stored, hosts.length > 0);
    this.#recordUse({ request, stored, found, to: { node } });
    return found.ok ? ok({ value: found.value, hosts: [...hosts] }) : found;
  }

  async values(state: string | undefined): Promise<VaultValues | undefined> {
    if (state === this.#secrets.state) return undefined;
    const values = this.#store.all().flatMap((secret) => {
      const value = this.#secrets.read(secret);
      return value === undefined ? [] : [{ name: secret.name, value }];
    });
    return { state: this.#secrets.state, values: [...values, ...this.desk.values()] };
  }

  async contentKeys(): Promise<readonly WrappedDataKey[]> {
    return this.#changes.make(() => this.#contentKeys.take());
  }

  protected override forSignIns(): Lent {
    return {
      workspace: this.#workspace,
      change: (change) =>
        this.#change(() => {
          this.#secrets.touch();
          return change();
        }),
      record: (event) => this.#add(event),
      readSecret: (name, host) => {
        const stored = this.#store.find(name);
        const found = this.#open(stored, stored?.hosts.includes(host) === true);
        return found.ok ? found.value : undefined;
      },
      later: (work) => this.ctx.waitUntil(work.catch(() => undefined)),
      sweepBy: (at) => this.#timers.setLatest(SWEEP_TIMER, at),
    };
  }

  protected override isBlocked(): boolean {
    return this.#outbox.isBlocked(Date.now());
  }

  protected override recordToken(request: TokenUse, found: Result<string, TokenProblem>): void {
    this.#recordUse({ request, found, to: { resource: request.host } });
  }

  #describe(): VaultDescription {
    const [newest] = this.#contentKeys.all();
    return {
      ...this.#secrets.describe(),
      ...(newest && { contentKey: newest.id, contentKeyWrappedBy: newest.wrappedBy }),
    };
  }

  #open(stored: StoredSecret | undefined, mayGo: boolean): Result<string, SecretProblem> {
    if (stored === undefined) return err('secret_unknown');
    if (!mayGo) return err('secret_host');
    const value = this.#secrets.read(stored);
    return value === undefined ? err('unreadable') : ok(value);
  }

  #recordUse({ request, stored, found, to }: Use): void {
    const facts = {
      ...toFacts(request),
      ...(stored && { secretVersion: stored.version }),
      ...to,
      ...(found.ok ? {} : { reason: found.error }),
    };
    this.#change(() => this.#add({ ...facts, decision: found.ok ? 'allowed' : 'denied' }));
  }

  #record(
    action: AuditEvent['action'],
    { name, requestId }: NamedActor,
    facts: Partial<Facts>,
  ): void {
    this.#add({ action, decision: 'allowed', actor: name, requestId, ...facts });
  }

  /** Part of a transaction. */
  #add(event: Facts): void {
    const at = Date.now();
    this.#outbox.add([{ ...event, at }], at);
    this.#timers.set(DRAIN_TIMER, at + DRAIN_AGAIN_MS);
  }

  /** Fails closed: what cannot be recorded may not happen. */
  #change<T>(change: () => T): T {
    if (this.isBlocked()) throw new Fault('audit_unavailable');
    const result = this.#changes.make(change);
    this.ctx.waitUntil(this.#drain().catch(() => undefined));
    return result;
  }

  /** Rejects when the audit block cannot be reached; then the timer tries again. */
  async #drain(): Promise<void> {
    if (this.#outbox.isEmpty()) return;
    await this.#outbox.drain(appendToChain(this.env, this.#workspace, SOURCE));
    this.#changes.make(() => this.#timers.clear(DRAIN_TIMER));
  }
}

interface Use {
  readonly request: SecretUse | SecretLoan;
  readonly stored?: StoredSecret | undefined;
  readonly found: Result<string, SecretProblem | TokenProblem>;
  /** Where the secret is to go. */
  readonly to: Pick<Facts, 'resource' | 'node'>;
}

function toFacts({ name, claims }: Use['request']): Omit<Facts, 'decision'> {
  return {
    action: 'secret-used',
    actor: 'gateway',
    secret: name,
    sessionId: claims.session,
    turnId: claims.callKey.split('/')[0] ?? '',
    callKey: claims.callKey,
    tool: claims.tool,
    plugin: claims.plugin,
    pluginVersion: claims.pluginVersion,
    codeHash: claims.codeHash,
  };
}
