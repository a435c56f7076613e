/**
 * The review of a plugin, before anything of it runs: one door for the gateway and for the command
 * line, so that what is shown offline is what an upload would be told.
 *
 * @module
 */

import { SIGNATURE_PROBLEMS } from '../core/manifest/judge-signature.ts';
import type { Manifest } from '../core/manifest/manifest.ts';
import {
  manifestSha256,
  type PluginSignature,
  parseSignature,
} from '../core/manifest/plugin-signature.ts';
import { findSecretsInManifest } from './find-bundled-secrets.ts';
import { findDirections } from './find-directions.ts';
import { type Finding, isRefusal, refuse, type Severity } from './finding.ts';
import { judgePlace, type PlaceReview } from './judge-place.ts';
import { findUnknownLicences } from './known-licences.ts';
import { judgeAsked } from './needed-capabilities.ts';
import { type ReadManifest, readManifest } from './read-manifest.ts';
import type { PluginFacts, Review, Reviewed, ReviewedPlugin } from './review.ts';
import { reviewCode } from './review-code.ts';
import type { CodeReview } from './review-wasm.ts';
import type { ReviewPlatform, Submission, Surroundings } from './submission.ts';

/** Never throws for what is submitted, whatever it is. */
export function reviewPlugin(
  submission: Submission,
  platform: ReviewPlatform,
  surroundings: Surroundings = {},
): Reviewed {
  const read = readManifest(submission.manifestText);
  if (!read.ok) return { review: { verdict: 'refused', findings: read.error } };
  const { manifest } = read.value;
  const onSecret: Severity = surroundings.trust?.bundledSecrets === 'warn' ? 'warn' : 'refuse';
  const { script } = submission;
  const { validate } = platform;
  const question = { manifest, onSecret, validate, ...(script && { script }) };
  const upload: Upload = {
    submission,
    read: read.value,
    facts: describePlugin(read.value, submission, platform),
    code: reviewCode(submission.code, question),
    signature: readSignature(submission.signatureText),
  };
  const own = [
    ...judgeManifest(read.value, upload.code, onSecret),
    ...upload.code.findings,
    ...findSignatureProblems(upload),
  ];
  const place = reviewPlace(upload, platform, surroundings);
  const accepted = own.some(isRefusal) ? undefined : accept(upload);
  return { review: conclude(upload, own, place), ...(accepted && { accepted }) };
}

/** All that is known of an upload by itself. */
interface Upload {
  readonly submission: Submission;
  readonly read: ReadManifest;
  readonly facts: PluginFacts;
  readonly code: CodeReview;
  readonly signature: PluginSignature | 'none' | 'malformed';
}

function describePlugin(
  { json, manifest }: ReadManifest,
  { code }: Submission,
  { sha256Hex }: ReviewPlatform,
): PluginFacts {
  const { name, version, kind, tier, license } = manifest;
  const ownHash = manifestSha256(json, sha256Hex);
  const codeSha256 = tier === 'wasm' ? code && sha256Hex(code) : ownHash;
  return {
    ...{ name, version, kind, tier, license },
    manifestSha256: ownHash,
    ...(codeSha256 !== undefined && { codeSha256 }),
  };
}

function readSignature(text: string | undefined): Upload['signature'] {
  if (text === undefined) return 'none';
  const signature = parseSignature(text);
  return signature.ok ? signature.value : 'malformed';
}

function judgeManifest(
  { json, manifest }: ReadManifest,
  { needed }: CodeReview,
  onSecret: Severity,
): readonly Finding[] {
  return [
    ...findSecretsInManifest(json, onSecret),
    ...findDirections(json),
    ...findLicenceProblems(manifest),
    ...(needed === undefined ? [] : judgeAsked(askedIn({ json, manifest }), needed)),
  ];
}

function findLicenceProblems({ license }: Manifest): readonly Finding[] {
  return findUnknownLicences(license).map((id): Finding => {
    const detail = `names the licence "${id}", which is not among the well-known ones`;
    return { severity: 'warn', code: 'licence_unknown', pointer: '/license', detail };
  });
}

/** As the author wrote it, so that a finding points at what he can change. */
function askedIn({ json }: ReadManifest): readonly string[] {
  const { capabilities } = json;
  return Array.isArray(capabilities)
    ? capabilities.filter((text): text is string => typeof text === 'string')
    : [];
}

/** What cannot be read as a signature is not taken for none. */
function findSignatureProblems({ signature }: Upload): readonly Finding[] {
  if (signature !== 'malformed') return [];
  const detail = SIGNATURE_PROBLEMS.signature_malformed;
  return [refuse('signature_malformed', { pointer: '/signature', detail })];
}

function reviewPlace(
  { submission, read, facts, signature }: Upload,
  platform: ReviewPlatform,
  surroundings: Surroundings,
): PlaceReview {
  const { manifestSha256: hash, codeSha256 } = facts;
  const { acceptedGrowth } = submission;
  if (codeSha256 === undefined || signature === 'malformed') return { findings: [] };
  const plugin = {
    ...{ ...read, manifestSha256: hash, codeSha256 },
    ...(signature !== 'none' && { signature }),
    ...(acceptedGrowth !== undefined && { acceptedGrowth }),
  };
  return judgePlace(plugin, surroundings, platform);
}

function accept({ submission, read, facts, code, signature }: Upload): ReviewedPlugin | undefined {
  const original = submission.code;
  const { hardened } = code;
  const { codeSha256 } = facts;
  const { manifest } = read;
  if (codeSha256 === undefined) return undefined;
  const reviewed = { manifest, codeSha256, ...(typeof signature === 'object' && { signature }) };
  if (manifest.tier !== 'wasm') return reviewed;
  if (original === undefined || hardened === undefined) return undefined;
  const forms = { original, hardened: hardened.bytes, hardeningVersion: hardened.version };
  return { ...reviewed, code: forms };
}

function conclude(
  { read, facts, code }: Upload,
  own: readonly Finding[],
  { findings: found, signedBy, growth }: PlaceReview,
): Review {
  const findings = [...own, ...found];
  return {
    verdict: findings.some(isRefusal) ? 'refused' : 'acceptable',
    plugin: facts,
    findings,
    ...(code.module && { module: code.module }),
    capabilities: {
      asked: askedIn(read),
      ...(code.needed && { needed: code.needed }),
      ...(growth && { growth }),
    },
    ...(signedBy !== undefined && { signedBy }),
  };
}
