/**
 * `POST /v1/plugins` and `/v1/plugins/review`: what comes in by the first is reviewed and installed,
 * by the second only reviewed.
 *
 * @module
 */

import type { InstallPlugin } from '../../blocks/workspace/workspace-api.ts';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { toRegisteredPlugin } from '../../core/manifest/to-registered-plugin.ts';
import { isRefusal } from '../../plugin-review/finding.ts';
import type { Review } from '../../plugin-review/review.ts';
import type { Submission } from '../../plugin-review/submission.ts';
import { canRun } from '../../tiers/wasm/can-run.ts';
import type { GatewayBindings } from '../bindings.ts';
import { json } from '../json-response.ts';
import { Refusal } from '../refusal.ts';
import { readPluginUpload } from '../remote-upload.ts';
import { type ReviewedUpload, refuseReviewed, reviewUpload } from '../review-upload.ts';
import { defineRoute, type Route } from '../route.ts';
import { withSignInIfKnown } from '../with-sign-ins.ts';
import { fromWorkspace } from '../workspace-refusal.ts';
import { installedSchema, reviewSchema } from './review-schema.ts';

const installPlugin = defineRoute(
  {
    method: 'POST',
    path: '/v1/plugins',
    operation: 'installPlugin',
    summary: 'Review a plugin and install it, or a newer version of one',
    tag: 'plugins',
    access: 'system:plugin:install',
    bodyKind: 'multipart',
    success: { status: 201, describes: installedSchema },
  },
  async (request) => {
    const { env, caller, requestId } = request;
    const submission = await readPluginUpload(request.raw);
    const reviewed = await reviewUpload(request, submission);
    const { review } = reviewed;
    const workspace = openWorkspace(env, caller.principal.workspace);
    const actor = { principal: caller.principal, requestId };
    const prepared = prepare(env, submission, reviewed);
    if (prepared === undefined) {
      await workspace.recordRefusedUpload(actor, toRecord(review));
      throw refuseReviewed(review);
    }
    const installed = await workspace.installPlugin(actor, prepared);
    if (!installed.ok) throw fromWorkspace(installed.error);
    const { name } = installed.value;
    const findings = review.findings.filter((finding) => !isRefusal(finding));
    const plugin = await withSignInIfKnown(request, installed.value);
    return json({ ...plugin, findings }, 201, { Location: `/v1/plugins/${name}` });
  },
);

/** Nothing for an upload that its review refuses by itself. */
function prepare(
  env: GatewayBindings,
  { manifestText, acceptedGrowth }: Submission,
  { accepted, tierFloor }: ReviewedUpload,
): InstallPlugin | undefined {
  if (accepted === undefined) return undefined;
  const { manifest, codeSha256: codeHash, code, signature } = accepted;
  if (manifest.tier === 'wasm' && !canRun(env, codeHash)) {
    const detail =
      'Cannot install the plugin: without a Worker loader only bundled plugins can run';
    throw new Refusal('tier_unavailable', { detail });
  }
  return {
    manifestText,
    ...(code && { code }),
    plugin: toRegisteredPlugin({ manifest, codeHash, tierFloor }),
    ...(signature && { signature }),
    ...(acceptedGrowth !== undefined && { acceptedGrowth }),
  };
}

/** For the record: what it says it is, and why it was refused, by code. */
function toRecord({ plugin, findings }: Review) {
  return {
    reason: findings.find(isRefusal)?.code ?? 'manifest_invalid',
    ...(plugin && { plugin: plugin.name, pluginVersion: plugin.version }),
    ...(plugin?.codeSha256 !== undefined && { codeHash: plugin.codeSha256 }),
  };
}

const reviewUploaded = defineRoute(
  {
    method: 'POST',
    path: '/v1/plugins/review',
    operation: 'reviewPlugin',
    summary: 'Review a plugin as if it were installed, and leave everything as it is',
    tag: 'plugins',
    access: 'system:plugin:install',
    bodyKind: 'multipart',
    success: { status: 200, describes: reviewSchema },
  },
  async (request) => {
    const { review } = await reviewUpload(request, await readPluginUpload(request.raw));
    return json(review);
  },
);

export const pluginInstallRoutes: readonly Route[] = [installPlugin, reviewUploaded];
