/**
 * What the files of the node block share.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import type { Outbox } from '../kit/outbox.ts';
import type { Sealing } from '../kit/sealing.ts';
import type { SigningKey } from '../kit/signing-key.ts';
import type { CallStore } from './call-store.ts';
import type { Connections } from './connections.ts';
import type { NodeStore } from './node-store.ts';
import type { SigningCalls } from './signing-calls.ts';
import type { StraightWays } from './straight-ways.ts';
import type { ThinnedRefusals } from './thinned-refusals.ts';
import type { UnwantedCalls } from './unwanted-calls.ts';
import type { UnwrittenEnds } from './unwritten-ends.ts';

export interface NodeParts {
  readonly workspace: WorkspaceId;
  readonly identity: SigningKey;
  readonly nodes: NodeStore;
  readonly calls: CallStore;
  readonly ways: StraightWays;
  readonly signing: SigningCalls;
  readonly unwanted: UnwantedCalls;
  readonly sealing: Sealing;
  readonly connections: Connections;
  readonly outbox: Outbox;
  readonly refusals: ThinnedRefusals;
  readonly now: () => number;
  /** Storage and memory change together, or neither; sets the alarm for what is left to do. */
  readonly transact: <T>(change: () => T) => T;
  readonly ends: Pick<UnwrittenEnds, 'add' | 'write'>;
  /** Part of a transaction. */
  readonly record: (event: Omit<AuditEvent, 'at'>) => void;
  /** HMAC-SHA256 under the workspace's audit key, hex. */
  readonly receiptHmac: (receiptText: string) => string;
  /** Tells whoever waits for this call; nothing where there is no such call after all. */
  readonly tell: (callKey: string, outcome: ToolOutcome | undefined) => void;
}
