/**
 * The rows of sign-ins to remote servers: those under way, those in force, and the clients that were
 * registered for them. What is secret in them is sealed.
 *
 * Nothing here opens a transaction: writes belong to the caller's.
 *
 * @module
 */

import type { ClientAuth } from '../../core/remote-sign-in/authorization-server.ts';
import type { SealedText } from './sealed-json.ts';
import type { SignInPlace } from './sign-in-api.ts';

/**
 * Where tokens come from and go to, fixed when somebody is sent to sign in. What is sealed is sealed
 * about this, so that whoever writes to the storage cannot send it elsewhere. A `type`, so that it is a
 * `JsonObject`.
 */
export type SignInTerms = {
  readonly server: string;
  /** `host:port` of the resource. */
  readonly host: string;
  /** A token goes there and below, and nowhere else. */
  readonly resource: string;
  readonly issuer: string;
  /** Each answer of the issuer's says who it is. */
  readonly namesItself: boolean;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint?: string;
  readonly redirectUri: string;
  readonly clientId: string;
  readonly clientAuth: ClientAuth;
  /** Name of the secret that is the client's password; absent where the issuer gave one, or none. */
  readonly clientSecret?: string;
  readonly scope?: string;
};

/** How a sign-in in force does. */
export interface SignInStatus {
  readonly signedInAt: number;
  readonly renewedAt: number;
  readonly scope?: string;
  readonly expiresAt?: number;
  readonly renews: boolean;
  /** The issuer or the server does not take its tokens any more. */
  readonly isRefused?: true;
  /** It was renewed since the server did not take the token before. */
  readonly wasRefused?: true;
  /** What the server wanted beyond what the token is good for. */
  readonly wantedScope?: string;
}

export interface SignInRow extends SignInPlace {
  readonly terms: SignInTerms;
  readonly status: SignInStatus;
  readonly sealed: SealedText;
}

export interface PendingSignIn extends SignInPlace {
  readonly terms: SignInTerms;
  /** `kind:id` of who began. */
  readonly begunBy: string;
  readonly expiresAt: number;
  /** Of the state, until the browser has brought it back; then of the code that finishes. */
  readonly stateHash?: string;
  readonly codeHash?: string;
  readonly attempts: number;
  readonly sealed: SealedText;
}

interface ClientKey {
  readonly issuer: string;
  readonly redirectUri: string;
}

type Row = { row: string };

export class SignInStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTables(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS sign_ins (
        plugin TEXT NOT NULL, holder TEXT NOT NULL, row TEXT NOT NULL,
        PRIMARY KEY (plugin, holder)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS pending_sign_ins (
        plugin TEXT NOT NULL, holder TEXT NOT NULL, state_hash TEXT UNIQUE,
        expires_at INTEGER NOT NULL, row TEXT NOT NULL, PRIMARY KEY (plugin, holder)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS oauth_clients (
        issuer TEXT NOT NULL, redirect_uri TEXT NOT NULL, sealed TEXT NOT NULL,
        PRIMARY KEY (issuer, redirect_uri)
      ) STRICT, WITHOUT ROWID;
    `);
  }

  all(): readonly SignInRow[] {
    return this.#read<SignInRow>('SELECT row FROM sign_ins ORDER BY plugin, holder');
  }

  find({ plugin, holder }: SignInPlace): SignInRow | undefined {
    return this.#read<SignInRow>(
      'SELECT row FROM sign_ins WHERE plugin = ? AND holder = ?',
      plugin,
      holder,
    )[0];
  }

  count(): number {
    return this.#sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM sign_ins').one().n;
  }

  put(row: SignInRow): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO sign_ins VALUES (?, ?, ?)',
      row.plugin,
      row.holder,
      JSON.stringify(row),
    );
  }

  remove({ plugin, holder }: SignInPlace): void {
    this.#sql.exec('DELETE FROM sign_ins WHERE plugin = ? AND holder = ?', plugin, holder);
  }

  pending(): readonly PendingSignIn[] {
    return this.#read<PendingSignIn>('SELECT row FROM pending_sign_ins ORDER BY expires_at');
  }

  findPending({ plugin, holder }: SignInPlace): PendingSignIn | undefined {
    return this.#read<PendingSignIn>(
      'SELECT row FROM pending_sign_ins WHERE plugin = ? AND holder = ?',
      plugin,
      holder,
    )[0];
  }

  findByState(stateHash: string): PendingSignIn | undefined {
    return this.#read<PendingSignIn>(
      'SELECT row FROM pending_sign_ins WHERE state_hash = ?',
      stateHash,
    )[0];
  }

  putPending(pending: PendingSignIn): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO pending_sign_ins VALUES (?, ?, ?, ?, ?)',
      ...[pending.plugin, pending.holder, pending.stateHash ?? null],
      ...[pending.expiresAt, JSON.stringify(pending)],
    );
  }

  removePending({ plugin, holder }: SignInPlace): void {
    this.#sql.exec('DELETE FROM pending_sign_ins WHERE plugin = ? AND holder = ?', plugin, holder);
  }

  findClient({ issuer, redirectUri }: ClientKey): SealedText | undefined {
    const query = 'SELECT sealed FROM oauth_clients WHERE issuer = ? AND redirect_uri = ?';
    return this.#sql.exec<{ sealed: string }>(query, issuer, redirectUri).toArray()[0]?.sealed;
  }

  putClient({ issuer, redirectUri }: ClientKey, sealed: SealedText): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO oauth_clients VALUES (?, ?, ?)',
      issuer,
      redirectUri,
      sealed,
    );
  }

  /** Of all clients. */
  clientKeys(): readonly ClientKey[] {
    return this.#sql
      .exec<{ issuer: string; redirectUri: string }>(
        'SELECT issuer, redirect_uri AS redirectUri FROM oauth_clients',
      )
      .toArray();
  }

  /** Those by which no sign-in goes, neither one in force nor one under way. */
  forgetUnusedClients(): void {
    this.#sql.exec(`
      DELETE FROM oauth_clients WHERE (issuer, redirect_uri) NOT IN (
        SELECT row ->> '$.terms.issuer', row ->> '$.terms.redirectUri'
        FROM (SELECT row FROM sign_ins UNION ALL SELECT row FROM pending_sign_ins)
      )`);
  }

  #read<T>(query: string, ...bindings: string[]): T[] {
    return this.#sql
      .exec<Row>(query, ...bindings)
      .toArray()
      .map(({ row }) => JSON.parse(row));
  }
}
