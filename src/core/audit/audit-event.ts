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
  'embeddings-admitted',
  'summary-admitted',
  'tool-call',
  'tool-result',
  'host-call',
  'login-refused',
  'signed-in',
  'request-denied',
  'session-created',
  'session-deleted',
  'workspace-changed',
  'token-issued',
  'token-revoked',
  'token-rotated',
  'switch-thrown',
  'switch-released',
  'plugin-installed',
  'plugin-refused',
  'plugin-configured',
  'plugin-stopped',
  'plugin-deleted',
  'block-spawned',
  'block-exited',
  'block-denied',
  'block-upgraded',
  'block-narrowed',
  'plugin-failed',
  'plugin-drained',
  'plugin-quarantined',
  'plugin-released',
  'node-approved',
  'node-changed',
  'node-enrolled',
  'node-connected',
  'node-refused',
  'node-revoked',
  'node-call',
  'approval-needed',
  'approval-decided',
  'approval-expired',
  'approval-consumed',
  'schedule-created',
  'schedule-removed',
  'schedule-paused',
  'schedule-resumed',
  'schedule-started',
  'schedule-run',
  'channel-created',
  'channel-removed',
  'channel-code-issued',
  'channel-paired',
  'channel-update',
  'channel-message',
  'channel-reply',
  'channel-resent',
  'skill-installed',
  'skill-refused',
  'skill-deleted',
  'memory-exported',
  'memory-erased',
  'secret-written',
  'secret-deleted',
  'secret-used',
  'secrets-rewrapped',
  'remote-sign-in-begun',
  'remote-sign-in-finished',
  'remote-sign-in-renewed',
  'remote-sign-in-ended',
  'retention-changed',
  'audit-key-changed',
  'records-expired',
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
  /** `kind:rule` of what a scanner found, each once: never what it says. */
  readonly findings?: readonly string[];
  /** Name of the route that refused, such as `issueToken`. */
  readonly operation?: string;
  /** How often it happened, where only some of many are written down. */
  readonly count?: number;
  /** Id of the token that was issued or revoked. */
  readonly tokenId?: string;
  /** Of a kill switch: `tool/http-fetch`, `principal/user:alice`, `workspace`. */
  readonly killSwitch?: string;
  readonly sessionId?: string;
  readonly turnId?: string;
  readonly callKey?: string;
  readonly approvalId?: string;
  /** Name of the schedule. */
  readonly schedule?: string;
  /** Name of the channel. */
  readonly channel?: string;
  /** Name of the skill; `codeHash` is that of its document. */
  readonly skill?: string;
  /** Name and version of a secret of the vault. */
  readonly secret?: string;
  readonly secretVersion?: number;
  readonly tool?: string;
  /** Id of the node that was asked to run it, or that this is about. */
  readonly node?: string;
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
