/**
 * Has an upload reviewed against the workspace that it is for, and tells what a review refuses.
 *
 * @module
 */

import { sha256Hex } from '../blocks/kit/keys.ts';
import { verifyEd25519 } from '../blocks/kit/signatures.ts';
import { openWorkspace } from '../blocks/workspace/workspace-client.ts';
import type { ErrorCode } from '../core/errors/codes.ts';
import { isJsonObject } from '../core/primitives/json.ts';
import { parseJson } from '../core/primitives/parse-json.ts';
import { FINDING_CODES, type FindingCode, isRefusal } from '../plugin-review/finding.ts';
import { MAX_MANIFEST_BYTES } from '../plugin-review/read-manifest.ts';
import type { Review, Reviewed } from '../plugin-review/review.ts';
import { reviewPlugin } from '../plugin-review/review-plugin.ts';
import type { ReviewPlatform, Submission, WorkspaceFacts } from '../plugin-review/submission.ts';
import { Refusal } from './refusal.ts';
import type { RouteRequest } from './route.ts';
import { readScriptFacts } from './script-facts.ts';

const PLATFORM: ReviewPlatform = {
  validate: (bytes) => WebAssembly.validate(bytes),
  sha256Hex,
  verify: verifyEd25519,
};

export interface ReviewedUpload extends Reviewed {
  readonly tierFloor: WorkspaceFacts['policy']['tierFloor'];
}

export async function reviewUpload(
  { env, caller }: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>,
  submission: Submission,
): Promise<ReviewedUpload> {
  const { principal } = caller;
  const workspace = openWorkspace(env, principal.workspace);
  const name = readName(submission);
  const [authority, described, script] = await Promise.all([
    workspace.authority(principal),
    name === undefined ? undefined : workspace.plugin(name),
    readScriptFacts(env, submission),
  ]);
  if (authority === undefined) throw new Refusal('not_found');

  const { grants, policy, plugins } = authority;
  const current = plugins.find((plugin) => plugin.name === name && plugin.state !== 'draining');
  const manifest = described?.manifest;
  const facts: WorkspaceFacts = {
    policy,
    others: plugins.filter((plugin) => plugin.name !== name && plugin.state === 'running'),
    installer: { grants, now: Date.now() },
    ...(current && manifest && { current: { plugin: current, manifest } }),
  };
  const surroundings = { trust: policy.plugins, workspace: facts };
  const asked = { ...submission, ...(script && { script }) };
  return { ...reviewPlugin(asked, PLATFORM, surroundings), tierFloor: policy.tierFloor };
}

/** Which plugin it would replace; the review reads the manifest again, with all that must hold. */
function readName({ manifestText }: Submission): string | undefined {
  const json = parseJson(manifestText, { maxBytes: MAX_MANIFEST_BYTES, maxDepth: 64 });
  const name = json.ok && isJsonObject(json.value) ? json.value.name : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** What is not simply a manifest that does not hold, or code that is not what it should be. */
const REFUSED_AS: Partial<Record<FindingCode, ErrorCode>> = {
  manifest_malformed: 'malformed_json',
  signature_malformed: 'signature_refused',
  code_missing: 'invalid_body',
  code_unexpected: 'invalid_body',
};

const ABOUT = {
  manifest: { code: 'invalid_body', must: 'its manifest must pass review' },
  code: { code: 'wasm_rejected', must: 'its module must pass review' },
  place: { code: 'conflict', must: 'it must fit what the workspace has' },
} as const satisfies Record<
  (typeof FINDING_CODES)[FindingCode],
  { readonly code: ErrorCode; readonly must: string }
>;

/** A problem with all that a review refuses; its code and reason are those of what it says first. */
export function refuseReviewed({ findings }: Review): Refusal {
  const refusals = findings.filter(isRefusal);
  const reason = refusals[0]?.code ?? 'manifest_invalid';
  const { code, must } = ABOUT[FINDING_CODES[reason]];
  return new Refusal(REFUSED_AS[reason] ?? code, {
    detail: `Cannot install the plugin: ${must}`,
    reason,
    errors: refusals.map(({ pointer, detail }) => ({ pointer, detail })),
  });
}
