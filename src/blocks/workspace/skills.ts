/**
 * Installs and deletes skills: read, scanned, pinned by their hash, and on the record either way.
 *
 * Each change begins a revision, since it changes what models are told. A skill is the operator's own
 * word only where its installer could have written the policy as well (`system:config:write`); any
 * other is a stranger's text that a turn may use, under a stranger's label.
 *
 * @module
 */

import { findGrant } from '../../core/capabilities/grant.ts';
import { parseCapability } from '../../core/capabilities/pattern.ts';
import type { PointerError } from '../../core/errors/pointer-errors.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { findNoRoom, type NoRoom } from '../../core/policy/room.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { type Finding, isAtLeast, toFindingName } from '../../core/scan/finding.ts';
import { scanText } from '../../core/scan/scan-text.ts';
import { type InstalledSkill, MAX_SKILLS } from '../../core/skills/installed-skill.ts';
import { parseSkill } from '../../core/skills/skill-document.ts';
import { sha256Hex } from '../kit/keys.ts';
import { announceRevision } from './announce-revision.ts';
import type { Actor, Refusal } from './workspace-api.ts';
import {
  actorEvent,
  raiseRevision,
  record,
  refuseUnrecorded,
  transact,
  type WorkspaceParts,
} from './workspace-parts.ts';

const FULL: Readonly<Record<NoRoom, string>> = {
  'principal-is-full': 'Cannot install the skill: its installer must have fewer',
  'workspace-is-full': 'Cannot install the skill: the workspace must have fewer',
};

export async function installSkill(
  parts: WorkspaceParts,
  actor: Actor,
  document: string,
): Promise<Result<InstalledSkill, Refusal>> {
  const unrecorded = refuseUnrecorded(parts);
  if (unrecorded !== undefined) return err(unrecorded);
  const parsed = parseSkill(document);
  if (!parsed.ok) return err(refuse(parts, actor, { reason: 'invalid', errors: parsed.error }));
  const { body, ...facts } = parsed.value;
  const known = parts.skills.all();
  const before = known.find(({ name }) => name === facts.name);
  const findings = findObjections(document);
  if (findings.length > 0) return err(refuse(parts, actor, { reason: 'scanned', findings }));
  const isTrusted = maySpeakForOperator(parts, actor);
  const installedBy = toPrincipalName(actor.principal);
  const holders = known.map((skill) => skill.installedBy);
  const room = { holders, holder: installedBy, max: MAX_SKILLS, isOperator: isTrusted };
  const noRoom = before === undefined ? findNoRoom(room) : undefined;
  if (noRoom !== undefined) return err({ code: 'limit_reached', detail: FULL[noRoom] });
  if (before?.isTrusted === true && !isTrusted) {
    return err({ code: 'conflict', detail: 'Cannot replace the skill: it is the operator’s own' });
  }
  const sha256 = sha256Hex(document);
  if (before?.sha256 === sha256 && before.isTrusted === isTrusted) return ok(before);
  const skill = { ...facts, sha256, isTrusted, installedBy, installedAt: parts.now() };
  await change(parts, () => {
    parts.skills.put({ skill, body });
    record(parts, skillEvent(parts, actor, { action: 'skill-installed', skill }));
  });
  return ok(skill);
}

export async function deleteSkill(
  parts: WorkspaceParts,
  actor: Actor,
  name: string,
): Promise<boolean> {
  const skill = parts.skills.all().find((candidate) => candidate.name === name);
  if (skill === undefined) return false;
  await change(parts, () => {
    parts.skills.remove(name);
    record(parts, skillEvent(parts, actor, { action: 'skill-deleted', skill }));
  });
  return true;
}

async function change(parts: WorkspaceParts, write: () => void): Promise<void> {
  transact(parts, () => {
    raiseRevision(parts);
    write();
  });
  parts.flush();
  await announceRevision(parts);
}

/** What is found with some confidence, or could not be looked at, is not installed. */
function findObjections(document: string): readonly string[] {
  const { findings, uninspected } = scanText(document, { kinds: ['injection', 'secret'] });
  const names = findings.filter(isObjection).map(toFindingName);
  if (uninspected !== undefined) names.push(`uninspected:${uninspected}`);
  return [...new Set(names)].sort();
}

function isObjection({ confidence }: Finding): boolean {
  return isAtLeast(confidence, 'medium');
}

function maySpeakForOperator({ authorities, now }: WorkspaceParts, { principal }: Actor): boolean {
  const at = now();
  const capability = parseCapability('system:config:write');
  const grants = authorities.of(principal, at)?.grants ?? [];
  return capability.ok && findGrant(grants, capability.value, at) !== undefined;
}

interface RefusedSkill {
  readonly reason: 'invalid' | 'scanned';
  readonly errors?: readonly PointerError[];
  readonly findings?: readonly string[];
}

function refuse(
  parts: WorkspaceParts,
  actor: Actor,
  { reason, errors, findings }: RefusedSkill,
): Refusal {
  const facts = { reason, ...(findings && { findings }) };
  const event = actorEvent(parts, actor, {
    action: 'skill-refused',
    decision: 'denied',
    ...facts,
  });
  transact(parts, () => record(parts, event));
  parts.flush();
  return {
    code: 'invalid_body',
    detail: 'Cannot install the skill: its document must be as described, and pass the scanners',
    errors:
      errors ?? (findings ?? []).map((name) => ({ pointer: '', detail: `must not hold ${name}` })),
  };
}

function skillEvent(
  parts: WorkspaceParts,
  actor: Actor,
  happened: {
    readonly action: 'skill-installed' | 'skill-deleted';
    readonly skill: InstalledSkill;
  },
) {
  const { action, skill } = happened;
  const { revision } = parts.workspace.row();
  return actorEvent(parts, actor, { action, skill: skill.name, codeHash: skill.sha256, revision });
}
