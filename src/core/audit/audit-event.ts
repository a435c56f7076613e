/**
 * One decision or privileged action, as it goes on the record.
 *
 * Holds no argument, secret, token or text that a user, model or plugin wrote: arguments appear
 * as an HMAC under a key of the workspace, and capabilities as their family.
 *
 * @module
 */

import type { Usage } from '../conversation/usage.ts';
import type { CheckName, CheckReason } from '../errors/reasons.ts';

/** What was done or attempted; closed, documented in `docs/audit.md`. */
export const AUDIT_ACTIONS = [
  'turn-admitted',
  'turn-refused',
  'turn-finished',
  'turn-failed',
  'turn-cancelled',
  'turn-resumed',
  'model-called',
  'tool-call',
  'tool-result',
  'host-call',
  'login-refused',
  'request-denied',
  'session-created',
  'session-deleted',
  'workspace-changed',
  'token-issued',
  'token-revoked',
  'plugin-installed',
  'plugin-refused',
  'plugin-configured',
  'plugin-stopped',
  'plugin-deleted',
  'block-spawned',
  'block-exited',
  'block-denied',
  'plugin-failed',
  'plugin-drained',
  'plugin-quarantined',
  'plugin-released',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** A `type`, so that it is a `JsonObject` and can be written as canonical JSON. */
export type AuditEvent = {
  readonly action: AuditAction;
  readonly decision: 'allowed' | 'denied' | 'observed';
  /** Epoch milliseconds. */
  readonly at: number;
  /** `kind:id` of the principal, or `gateway` for what the system does by itself. */
  readonly actor: string;
  readonly check?: CheckName;
  /** A reason of the check's closed list, or an outcome or error code. */
  readonly reason?: CheckReason | string;
  readonly requestId?: string;
  /** Name of the route that refused, such as `issueToken`. */
  readonly operation?: string;
  /** How often it happened, where only some of many are written down. */
  readonly count?: number;
  /** Id of the token that was issued or revoked. */
  readonly tokenId?: string;
  readonly sessionId?: string;
  readonly turnId?: string;
  readonly callKey?: string;
  readonly tool?: string;
  readonly plugin?: string;
  readonly pluginVersion?: string;
  readonly codeHash?: string;
  /** Id of the trusted key that vouches for the plugin. */
  readonly signedBy?: string;
  /** What an upgrade newly reaches for: how many entries, and of which families. */
  readonly growth?: { readonly count: number; readonly families: readonly string[] };
  /** A capability family (`tool:file:read`), or for host calls `host:port`. */
  readonly resource?: string;
  /** HMAC-SHA256 of the canonical arguments under the workspace's audit key, hex. */
  readonly argumentsHmac?: string;
  readonly model?: string;
  readonly revision?: number;
  /** How a tier ended the call: `ok`, also where a result check denied what came of it. */
  readonly outcome?: 'ok' | CheckReason;
  readonly durationMs?: number;
  readonly fuel?: number;
  /** Most 64 KiB pages that the call held. */
  readonly memoryPages?: number;
  /** Milliseconds that it waited for its host. */
  readonly suspendedMs?: number;
  /**
   * HMAC-SHA256 of the call's receipt under the same key, hex: the receipt's own hashes would let
   * short arguments and answers be guessed.
   */
  readonly receiptHmac?: string;
  readonly usage?: Usage;
};
