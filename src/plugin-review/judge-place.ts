/**
 * Judges a plugin by the workspace that it would be installed in: who vouches for it, its version,
 * its tools' names, and what it would newly be able to do there.
 *
 * The workspace decides all of this again when it installs; here it is found out beforehand.
 *
 * @module
 */

import { findCovering } from '../core/capabilities/capability-set.ts';
import type { CapabilityGrowth } from '../core/manifest/capability-growth.ts';
import {
  type InstallRefusal,
  type InstallVerdict,
  judgeInstall,
} from '../core/manifest/judge-install.ts';
import {
  judgeSignature,
  SIGNATURE_PROBLEMS,
  type SignatureProblem,
} from '../core/manifest/judge-signature.ts';
import type { Manifest } from '../core/manifest/manifest.ts';
import type { PluginSignature } from '../core/manifest/plugin-signature.ts';
import { toRegisteredPlugin } from '../core/manifest/to-registered-plugin.ts';
import type { JsonObject } from '../core/primitives/json.ts';
import type { Result } from '../core/primitives/result.ts';
import { type Finding, refuse } from './finding.ts';
import type { ReviewPlatform, Surroundings, WorkspaceFacts } from './submission.ts';

/** A plugin whose manifest and code were found good by themselves. */
export interface SoundPlugin {
  readonly json: JsonObject;
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  readonly codeSha256: string;
  readonly signature?: PluginSignature;
  readonly acceptedGrowth?: string;
}

export interface PlaceReview {
  readonly findings: readonly Finding[];
  readonly signedBy?: string;
  readonly growth?: CapabilityGrowth;
}

export function judgePlace(
  plugin: SoundPlugin,
  { trust, workspace }: Surroundings,
  platform: ReviewPlatform,
): PlaceReview {
  const signer = trust === undefined ? undefined : findSigner(plugin, trust, platform);
  const signedBy = signer?.ok === true ? signer.value : undefined;
  const findings = describeSigner(plugin, signer);
  const signed = signedBy !== undefined && { signedBy };
  if (workspace === undefined) return { findings, ...signed };

  const judged = judge({ ...plugin, ...signed }, workspace, platform);
  const { growth } = judged.ok ? judged.value : judged.error;
  return {
    findings: [
      ...findings,
      ...(signer?.ok === true ? describeChangedSigner(signedBy, workspace) : []),
      ...(judged.ok ? describeAccepted(growth) : describeObjections(judged.error)),
      ...describeNotAllowed(plugin.manifest, workspace),
    ],
    ...signed,
    ...(growth && { growth }),
  };
}

function findSigner(
  { signature, manifestSha256, codeSha256 }: SoundPlugin,
  policy: NonNullable<Surroundings['trust']>,
  { verify }: ReviewPlatform,
): Result<string | undefined, SignatureProblem> {
  return judgeSignature({ signature, hashes: { manifestSha256, codeSha256 }, policy, verify });
}

function judge(
  { json, manifest, codeSha256, acceptedGrowth, ...plugin }: SoundPlugin & { signedBy?: string },
  { policy, current, others, installer }: WorkspaceFacts,
  { sha256Hex }: ReviewPlatform,
): Result<InstallVerdict, InstallRefusal> {
  const { tierFloor } = policy;
  const registered = toRegisteredPlugin({ manifest, codeHash: codeSha256, tierFloor });
  const { signedBy } = plugin;
  return judgeInstall({
    plugin: { ...registered, ...(signedBy !== undefined && { signedBy }) },
    manifest: json,
    others,
    installer: { ...installer, ...(acceptedGrowth !== undefined && { acceptedGrowth }) },
    sha256Hex,
    ...(current && { current }),
  });
}

function describeSigner(
  { signature }: SoundPlugin,
  signer: Result<string | undefined, SignatureProblem> | undefined,
): readonly Finding[] {
  if (signer?.ok === false) {
    const detail = SIGNATURE_PROBLEMS[signer.error];
    return [refuse(signer.error, { pointer: '/signature', detail })];
  }
  if (signer !== undefined || signature === undefined) return [];
  const detail = `is said to be by "${signature.keyId}", whose key is not known here`;
  return [{ severity: 'warn', code: 'signature_unchecked', pointer: '/signature', detail }];
}

/** Somebody else vouches for it than for the version before, or nobody does any more. */
function describeChangedSigner(
  signedBy: string | undefined,
  { current }: WorkspaceFacts,
): readonly Finding[] {
  const before = current?.plugin.signedBy;
  if (before === undefined || before === signedBy) return [];
  const now = signedBy === undefined ? 'nobody' : `"${signedBy}"`;
  const detail = `is by ${now}, while the installed version is signed by "${before}"`;
  return [{ severity: 'warn', code: 'signer_changed', pointer: '/signature', detail }];
}

function describeObjections({ objections }: InstallRefusal): readonly Finding[] {
  return objections.map(({ reason, ...at }) => refuse(reason, at));
}

function describeAccepted(growth: CapabilityGrowth | undefined): readonly Finding[] {
  if (growth === undefined) return [];
  const detail = 'may newly do what the installer has accepted';
  return [{ severity: 'warn', code: 'growth_accepted', pointer: '/capabilities', detail }];
}

function describeNotAllowed(
  { capabilities }: Manifest,
  { policy }: WorkspaceFacts,
): readonly Finding[] {
  return capabilities.flatMap((pattern): Finding[] => {
    const isAllowed =
      findCovering(policy.allow, pattern) !== undefined &&
      findCovering(policy.deny, pattern) === undefined;
    if (isAllowed) return [];
    const detail = `"${pattern}" is not allowed by the workspace, or not all of it: calls that need more are denied`;
    return [{ severity: 'warn', code: 'capability_not_allowed', pointer: '/capabilities', detail }];
  });
}
