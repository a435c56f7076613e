/**
 * Reads a part of a workspace's record, page by page, for an answer that is made of all of it.
 *
 * @module
 */

import type { AuditQuery } from '../blocks/audit/audit-api.ts';
import { openAudit } from '../blocks/audit/audit-client.ts';
import type { AuditEvent } from '../core/audit/audit-event.ts';
import type { WorkspaceId } from '../core/primitives/ids.ts';
import type { GatewayBindings } from './bindings.ts';

const PAGE = 500;
/** Pages that one request reads. */
const MAX_PAGES = 20;

export interface RecordPart extends Omit<AuditQuery, 'limit'> {
  readonly workspace: WorkspaceId;
}

/** Hands on every event in order; answers the `after` of the next request if there may be more. */
export async function readRecord(
  env: GatewayBindings,
  { workspace, ...query }: RecordPart,
  take: (event: AuditEvent) => void,
): Promise<number | undefined> {
  const audit = openAudit(env, workspace);
  let next: number | undefined = query.after;
  for (let page = 0; next !== undefined && page < MAX_PAGES; page++) {
    const answer = await audit.query({ ...query, after: next, limit: PAGE });
    for (const { event } of answer.records) take(event);
    next = answer.next;
  }
  return next;
}
