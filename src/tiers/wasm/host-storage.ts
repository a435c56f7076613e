/**
 * Asks a plugin's storage for one thing, with leave of the session of its call.
 *
 * What is written bears the label of all that may have shaped it: that of the turn, which is in the
 * ticket, joined with what the call has read by then. What is read adds to that.
 *
 * @module
 */

import type { Performed, StorageRequest } from '../../blocks/storage/storage-api.ts';
import { PRIVATE_LABEL } from '../../core/policy/flow.ts';
import {
  HIGHEST_LABEL,
  isLabel,
  joinLabels,
  type Label,
  LOWEST_LABEL,
} from '../../core/policy/labels.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { PluginFailure, StorageReply } from './isolate/plugin-protocol.ts';
import type { LaneCall } from './lane-call.ts';

export type StorageAccess = 'read' | 'write';

export interface StorageGate {
  /** Asks the session about one access. */
  authorize(access: StorageAccess): Promise<Result<unknown, PluginFailure>>;
  /** Puts a request to the storage of the call's own plugin and workspace. */
  perform(request: StorageRequest): Promise<Performed>;
}

export interface Stored {
  readonly reply: StorageReply;
  /** Of what the reply shows. */
  readonly label: Label;
}

export async function storeForPlugin(request: StorageRequest, gate: StorageGate): Promise<Stored> {
  const access = request.kind === 'get' || request.kind === 'list' ? 'read' : 'write';
  const leave = await gate.authorize(access);
  if (!leave.ok) return { reply: { kind: 'ended', reason: leave.error }, label: LOWEST_LABEL };
  const { answer, label } = await gate.perform(request);
  if (answer.kind === 'erased') return { reply: DENIED, label: LOWEST_LABEL };
  // That nothing is there is for the workspace alone to know, too.
  return { reply: answer, label: access === 'read' ? joinLabels(label, PRIVATE_LABEL) : label };
}

const DENIED: StorageReply = { kind: 'ended', reason: 'host_denied' };

/** Of what the call writes now: the join over all that may have shaped it. */
export function labelOfWrite({ claims, read }: Pick<LaneCall, 'claims' | 'read'>): Label {
  return isLabel(claims.label) ? joinLabels(claims.label, read) : HIGHEST_LABEL;
}
