/**
 * What the vault of a workspace answers over RPC; `vault-client.ts` is the way to it.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { KnownValue } from '../../core/scan/known-values.ts';
import type { Secret } from '../../core/vault/secret.ts';
import type { WrappedDataKey } from './wrapped-data-key.ts';

/** All that is ever told of a secret. */
export interface SecretDescription {
  readonly name: string;
  /** From 1; counts on when a name is used again after its secret was deleted. */
  readonly version: number;
  readonly hosts: readonly string[];
  /** Epoch milliseconds: of this version, and of the first one since the name was free. */
  readonly updatedAt: number;
  readonly createdAt: number;
}

export interface VaultDescription {
  readonly secrets: readonly SecretDescription[];
  /** Which data key seals them, and which wrapping key it lies under; absent while nothing is kept. */
  readonly dataKey?: string;
  readonly wrappedBy?: string;
  /** Which key seals content now, likewise; absent while nothing was ever sealed. */
  readonly contentKey?: string;
  readonly contentKeyWrappedBy?: string;
}

/** A running call that wants to send a secret to a host. */
export interface SecretUse {
  readonly name: string;
  /** As a secret's `hosts` write it. */
  readonly host: string;
  readonly claims: TicketClaims;
}

/** A running call of a plugin on a node, which is to be given a secret. */
export interface SecretLoan {
  readonly name: string;
  readonly node: string;
  readonly claims: TicketClaims;
}

/** `unreadable`: no master key of the deployment opens it, or it is not what was stored. */
export type SecretProblem = 'secret_unknown' | 'secret_host' | 'unreadable' | 'audit_unavailable';

/** A value that is looked for in what leaves. */
export interface VaultValue extends KnownValue {
  /**
   * For whom alone it is used, and so looked for: its issuer chooses what it is, and could otherwise have any
   * word taken out of what others read. Absent where it is the workspace's.
   */
  readonly holder?: string;
}

/** The values of a workspace, for those who look for them in what leaves. */
export interface VaultValues {
  /** Another one when any of them has changed. */
  readonly state: string;
  readonly values: readonly VaultValue[];
}

export interface VaultApi {
  /** Stores a new version. `undefined`: there are too many secrets. */
  put(actor: NamedActor, name: string, secret: Secret): Promise<SecretDescription | undefined>;
  list(): Promise<VaultDescription>;
  remove(actor: NamedActor, name: string): Promise<boolean>;
  /**
   * Seals every secret with a new data key, and content from now on with a new one, both under the
   * present master key.
   */
  rewrap(actor: NamedActor): Promise<VaultDescription>;
  /** The value, for one request to one host; on the record whatever the answer. */
  use(request: SecretUse): Promise<Result<string, SecretProblem>>;
  /**
   * Value and hosts, for one call on one node; on the record whatever the answer. A secret that may
   * go nowhere does not go there either.
   */
  lend(request: SecretLoan): Promise<Result<Secret, SecretProblem>>;
  /** `undefined`: nothing has changed since `state`. What nobody can read is left out. */
  values(state: string | undefined): Promise<VaultValues | undefined>;
  /** By which blocks seal and open their content, wrapped, the newest first. Makes the first one. */
  contentKeys(): Promise<readonly WrappedDataKey[]>;
}
