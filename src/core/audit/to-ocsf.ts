/**
 * A record as an event of the Open Cybersecurity Schema Framework (OCSF 1.5), for those who gather
 * events of many systems: class API Activity (6003), or Authentication (3002) for logins.
 *
 * Nothing is lost: what OCSF has no name for stands under `unmapped`. Not a form that can be verified.
 *
 * @module
 */

import type { JsonObject } from '../primitives/json.ts';
import type { AuditAction, AuditEvent } from './audit-event.ts';
import type { AuditRecord } from './chain.ts';

const API_ACTIVITY = { category_uid: 6, class_uid: 6003 };
const AUTHENTICATION = { category_uid: 3, class_uid: 3002 };

/** `activity_id` of API Activity. */
const ACTIVITIES = { create: 1, read: 2, update: 3, delete: 4, other: 99 };

/** By the last word of an action: what it does to what it names. */
const BY_ENDING: Readonly<Record<string, keyof typeof ACTIVITIES>> = {
  created: 'create',
  issued: 'create',
  installed: 'create',
  spawned: 'create',
  admitted: 'create',
  written: 'update',
  changed: 'update',
  configured: 'update',
  upgraded: 'update',
  narrowed: 'update',
  deleted: 'delete',
  revoked: 'delete',
  removed: 'delete',
};

const AUTHENTICATION_LOGON = 1;

const STATUS = {
  allowed: { status_id: 1, status: 'Success' },
  denied: { status_id: 2, status: 'Failure' },
  observed: { status_id: 99, status: 'Other' },
} as const;

const SEVERITY = { allowed: 1, observed: 1, denied: 3 } as const;

export function toOcsf(record: AuditRecord, workspace: string): JsonObject {
  const { seq, source, sourceSeq, event, hash } = record;
  const { action, decision, at, actor, reason, requestId, turnId, resource, ...rest } = event;
  const isLogin = action === 'login-refused' || action === 'signed-in';
  const { class_uid, category_uid } = isLogin ? AUTHENTICATION : API_ACTIVITY;
  const activity_id = isLogin ? AUTHENTICATION_LOGON : activityOf(action);
  return {
    ...{ category_uid, class_uid, activity_id, type_uid: class_uid * 100 + activity_id },
    ...{ time: at, severity_id: SEVERITY[decision], ...STATUS[decision] },
    ...(reason !== undefined && { status_detail: reason }),
    metadata: {
      version: '1.5.0',
      product: { name: 'Sallyport', vendor_name: 'Sallyport' },
      tenant_uid: workspace,
      uid: `${workspace}/${seq}`,
      sequence: seq,
      ...(turnId !== undefined && { correlation_uid: turnId }),
    },
    actor: actorOf(actor),
    api: { operation: action, ...(requestId !== undefined && { request: { uid: requestId } }) },
    ...(resource !== undefined && { resources: [{ name: resource }] }),
    unmapped: { ...unmapped(rest), decision, source, sourceSeq, hash },
  };
}

function activityOf(action: AuditAction): number {
  const ending = action.slice(action.lastIndexOf('-') + 1);
  return ACTIVITIES[BY_ENDING[ending] ?? 'other'];
}

/** `kind:id`, or what the system does by itself. */
function actorOf(actor: string): JsonObject {
  const [kind = '', ...id] = actor.split(':');
  if (id.length === 0) return { app_name: actor };
  return { user: { name: id.join(':'), uid: actor, type: kind } };
}

function unmapped(rest: Partial<AuditEvent>): JsonObject {
  return { ...rest };
}
