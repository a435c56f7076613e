/**
 * What happens to plugins, as it goes on the record.
 *
 * @module
 */

import type { AuditAction, AuditEvent } from '../../core/audit/audit-event.ts';
import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import type { Actor } from './workspace-api.ts';
import { actorEvent, type WorkspaceParts } from './workspace-parts.ts';

export interface Occurrence {
  readonly plugin: Pick<RegisteredPlugin, 'name' | 'version' | 'codeHash' | 'signedBy'>;
  readonly action: AuditAction;
  /** A code or a reason of ours. */
  readonly reason?: string;
}

/** Something that somebody did to a plugin. */
export function pluginEvent(
  parts: WorkspaceParts,
  actor: Actor,
  { action, ...occurrence }: Occurrence,
): AuditEvent {
  return actorEvent(parts, actor, { action, ...factsOf(parts, occurrence) });
}

/** Something that befell a plugin, of which nobody is the author. */
export function observedEvent(
  parts: WorkspaceParts,
  { action, ...occurrence }: Occurrence,
): AuditEvent {
  const facts = factsOf(parts, occurrence);
  return { action, decision: 'observed', at: parts.now(), actor: 'gateway', ...facts };
}

function factsOf(
  parts: WorkspaceParts,
  { plugin, reason }: Omit<Occurrence, 'action'>,
): Partial<AuditEvent> {
  const { name, version, codeHash, signedBy } = plugin;
  return {
    plugin: name,
    pluginVersion: version,
    codeHash,
    revision: parts.workspace.row().revision,
    ...(signedBy !== undefined && { signedBy }),
    ...(reason !== undefined && { reason }),
  };
}
