/**
 * What a workspace has registered, as far as a security audit looks at it. All instants are epoch
 * milliseconds.
 *
 * @module
 */

export interface TokenFacts {
  readonly id: string;
  /** `kind:id` */
  readonly subject: string;
  /** Expanded. */
  readonly grants: readonly string[];
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
  readonly lastUsedAt?: number | undefined;
  readonly revokedAt?: number | undefined;
}

export interface PluginFacts {
  readonly name: string;
  readonly version: string;
  readonly tier: string;
  readonly state: string;
  /** SHA-256 of its code, hex. */
  readonly sha256: string;
  /** Id of the trusted key that vouches for it. */
  readonly signedBy?: string | undefined;
  /** Capabilities that its manifest asks for, as written. */
  readonly capabilities: readonly string[];
}

export interface NodeFacts {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly version?: string | undefined;
  readonly approvedAt: number;
  readonly lastSeenAt?: number | undefined;
}

export interface ChannelFacts {
  readonly name: string;
  readonly platform: string;
  /** `open`: whoever writes is let in. */
  readonly access: string;
}

export interface SecretFacts {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly updatedAt: number;
}
