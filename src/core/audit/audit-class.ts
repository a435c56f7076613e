/**
 * Classes of audit events, by which a workspace says for how long it keeps them.
 *
 * @module
 */

import * as z from 'zod';
import { AUDIT_ACTIONS, type AuditAction } from './audit-event.ts';

export const AUDIT_CLASSES = ['calls', 'turns', 'refusals', 'changes'] as const;
export type AuditClass = (typeof AUDIT_CLASSES)[number];

/** What is not here is a change, which is kept for the longest as a rule. */
const CLASS_OF: Partial<Record<AuditAction, AuditClass>> = {
  'tool-call': 'calls',
  'tool-result': 'calls',
  'host-call': 'calls',
  'node-call': 'calls',
  'model-called': 'calls',
  'secret-used': 'calls',
  'turn-admitted': 'turns',
  'turn-refused': 'turns',
  'turn-finished': 'turns',
  'turn-failed': 'turns',
  'turn-cancelled': 'turns',
  'turn-resumed': 'turns',
  'schedule-run': 'turns',
  'login-refused': 'refusals',
  'request-denied': 'refusals',
};

export function actionsOf(auditClass: AuditClass): readonly AuditAction[] {
  return AUDIT_ACTIONS.filter((action) => (CLASS_OF[action] ?? 'changes') === auditClass);
}

const MAX_DAYS = 36_500;
const days = z.number().int().min(1).max(MAX_DAYS).exactOptional();

/** Days by class; a class that is absent is kept for good. */
export const retentionSchema = z.strictObject({
  calls: days,
  turns: days,
  refusals: days,
  changes: days,
});

export type Retention = z.infer<typeof retentionSchema>;
