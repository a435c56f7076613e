/**
 * What may stand in an audit event in place of something that a stranger wrote.
 *
 * @module
 */

import { familyOf } from '../capabilities/catalogue.ts';
import { parseCapability } from '../capabilities/pattern.ts';

/** Stands for a capability that does not exist, or is no capability at all. */
export const NO_FAMILY = 'unknown';

/**
 * The family of a capability, without its resource, which may come from a call's arguments.
 *
 * @example
 * ```ts
 * toAuditFamily('tool:file:read:/home/alice/diary.txt'); // 'tool:file:read'
 * ```
 */
export function toAuditFamily(capability: string): string {
  const parsed = parseCapability(capability);
  return (parsed.ok ? familyOf(parsed.value)?.name : undefined) ?? NO_FAMILY;
}
