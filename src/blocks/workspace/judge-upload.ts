/**
 * Judges an upload by what the workspace has and allows now: who vouches for it, its version, its
 * tools' names, and what it would newly be able to do. A refusal goes on the record.
 *
 * The gateway has reviewed the upload before, perhaps by a state that is no more. What counts is
 * decided here, where the state is.
 *
 * @module
 */

import { familiesReachedBy } from '../../core/capabilities/reach.ts';
import { Fault } from '../../core/errors/fault.ts';
import {
  type CapabilityGrowth,
  countGrown,
  findNewReach,
} from '../../core/manifest/capability-growth.ts';
import {
  type InstallRefusal,
  type InstallVerdict,
  judgeInstall,
} from '../../core/manifest/judge-install.ts';
import {
  judgeSignature,
  SIGNATURE_PROBLEMS,
  type SignatureProblem,
} from '../../core/manifest/judge-signature.ts';
import { manifestSha256 } from '../../core/manifest/plugin-signature.ts';
import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { sha256Hex } from '../kit/keys.ts';
import { verifyEd25519 } from '../kit/signatures.ts';
import type { StoredPlugin } from './plugin-store.ts';
import type { Actor, InstallPlugin, Refusal } from './workspace-api.ts';
import { actorEvent, record, transact, type WorkspaceParts } from './workspace-parts.ts';

export interface JudgedUpload extends InstallVerdict {
  /** With the signer, if there is one. */
  readonly plugin: RegisteredPlugin;
  readonly manifest: JsonObject;
  readonly current?: StoredPlugin;
}

export function judgeUpload(
  parts: WorkspaceParts,
  actor: Actor,
  request: InstallPlugin,
): Result<JudgedUpload, Refusal> {
  const manifest = readManifest(request.manifestText);
  const signer = findSigner(parts, request, manifest);
  if (!signer.ok) return err(refuseSignature(parts, actor, request, signer.error));

  const { signedBy: _, ...unsigned } = request.plugin;
  const plugin = { ...unsigned, ...(signer.value !== undefined && { signedBy: signer.value }) };
  const current = parts.plugins.find(plugin.name);
  const now = parts.now();
  const { acceptedGrowth } = request;
  const judged = judgeInstall({
    plugin,
    manifest,
    others: othersThan(parts, plugin.name),
    installer: {
      grants: parts.authorities.of(actor.principal, now)?.grants ?? [],
      now,
      ...(acceptedGrowth !== undefined && { acceptedGrowth }),
    },
    sha256Hex,
    ...(current && { current }),
  });
  if (!judged.ok) return err(refuseInstall(parts, actor, plugin, judged.error));
  return ok({ ...judged.value, plugin, manifest, ...(current && { current }) });
}

/** What goes on the record of a growth: how much, and of which families. */
export function recordableGrowth(
  growth: CapabilityGrowth,
  plugin: RegisteredPlugin,
): { readonly count: number; readonly families: readonly string[] } {
  const families = findNewReach(growth, plugin).flatMap(familiesReachedBy);
  return {
    count: countGrown(growth),
    families: [...new Set(families.map(({ name }) => name))],
  };
}

/** All other plugins that serve. */
function othersThan(parts: WorkspaceParts, name: string): RegisteredPlugin[] {
  return parts.plugins
    .all()
    .map(({ plugin }) => plugin)
    .filter((plugin) => plugin.name !== name && plugin.state === 'running');
}

function findSigner(
  parts: WorkspaceParts,
  { signature, plugin }: InstallPlugin,
  manifest: JsonObject,
): Result<string | undefined, SignatureProblem> {
  return judgeSignature({
    signature,
    hashes: {
      manifestSha256: manifestSha256(manifest, sha256Hex),
      codeSha256: plugin.codeHash,
    },
    policy: parts.workspace.row().policy.plugins,
    verify: verifyEd25519,
  });
}

function refuseSignature(
  parts: WorkspaceParts,
  actor: Actor,
  { plugin }: InstallPlugin,
  problem: SignatureProblem,
): Refusal {
  recordRefusal(parts, actor, { plugin, reason: problem });
  return {
    code: 'signature_refused',
    reason: problem,
    detail: 'Cannot install the plugin: its signature must be right',
    errors: [{ pointer: '/signature', detail: SIGNATURE_PROBLEMS[problem] }],
  };
}

function refuseInstall(
  parts: WorkspaceParts,
  actor: Actor,
  plugin: RegisteredPlugin,
  { objections, growth }: InstallRefusal,
): Refusal {
  const [first] = objections;
  const reason = first?.reason ?? 'conflict';
  recordRefusal(parts, actor, { plugin, reason, ...(growth && { growth }) });
  const isGrowth = reason === 'growth_not_held' || reason === 'growth_not_accepted';
  return {
    code: isGrowth ? 'growth_refused' : 'conflict',
    reason,
    detail: isGrowth
      ? 'Cannot install the plugin: what it may newly do must be held and accepted by its installer'
      : 'Cannot install the plugin beside what the workspace has',
    errors: objections.map(({ pointer, detail }) => ({ pointer, detail })),
    ...(growth && { growth }),
  };
}

interface RefusedUpload {
  readonly plugin: RegisteredPlugin;
  readonly reason: string;
  readonly growth?: CapabilityGrowth;
}

function recordRefusal(
  parts: WorkspaceParts,
  actor: Actor,
  { plugin, reason, growth }: RefusedUpload,
): void {
  const event = actorEvent(parts, actor, {
    action: 'plugin-refused',
    decision: 'denied',
    reason,
    plugin: plugin.name,
    pluginVersion: plugin.version,
    codeHash: plugin.codeHash,
    revision: parts.workspace.row().revision,
    ...(growth && { growth: recordableGrowth(growth, plugin) }),
  });
  transact(parts, () => record(parts, event));
  parts.flush();
}

/** The gateway has parsed it already. */
function readManifest(text: string): JsonObject {
  const manifest: JsonValue = JSON.parse(text);
  if (!isJsonObject(manifest))
    throw new Fault('internal', 'Cannot read manifest: it must be an object');
  return manifest;
}
