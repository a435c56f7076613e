/**
 * The review of a plugin by itself: without a workspace to install it in, and without a manifest if
 * nobody has written one yet.
 *
 * @module
 */

import { FINDING_CODES, isRefusal } from '../../plugin-review/finding.ts';
import type { Review } from '../../plugin-review/review.ts';
import { reviewPlugin } from '../../plugin-review/review-plugin.ts';
import type { Submission } from '../../plugin-review/submission.ts';
import { reviewUpload } from '../gateway/review-upload.ts';
import { inThrowawayGateway } from '../gateway/throwaway.ts';
import { NODE_PLATFORM } from './review-platform.ts';

/** A gateway is started only for what needs an engine: to compile a script, and not to run it. */
export async function inspectPlugin(submission: Submission): Promise<Review> {
  const { review } = reviewPlugin(submission, NODE_PLATFORM);
  if (!review.findings.some(({ code }) => code === 'script_unchecked')) return review;
  const { manifestText, code: module } = submission;
  const upload = { manifestText, ...(module !== undefined && { module }) };
  const compiled = await inThrowawayGateway({ allow: [], storage: false }, (gateway) =>
    reviewUpload(gateway, upload),
  );
  // What that gateway says of its own workspace is about nobody's.
  const isAboutPlace = ({ code }: Review['findings'][number]) => FINDING_CODES[code] === 'place';
  const findings = [
    ...compiled.findings.filter((finding) => !isAboutPlace(finding)),
    ...review.findings.filter(isAboutPlace),
  ];
  return { ...compiled, findings, verdict: verdictOn(findings) };
}

/** Whatever there is to ask for. */
const ASKING = ['tool:network:http:*', 'storage:workspace:read', 'storage:workspace:write'];

/**
 * Puts the code beside a manifest that asks for everything, and leaves out what the review says of
 * that manifest: what remains is about the code.
 */
export async function inspectCode(code: Uint8Array, isScript: boolean): Promise<Review> {
  const manifest = {
    name: 'unnamed',
    version: '0.0.0',
    kind: 'tool',
    tier: 'wasm',
    license: 'Apache-2.0',
    capabilities: ASKING,
    wasm: isScript ? { language: 'javascript' } : { clock: true, randomness: true },
  };
  const review = await inspectPlugin({ manifestText: JSON.stringify(manifest), code });
  const { module, capabilities } = review;
  const findings = review.findings.filter((finding) => FINDING_CODES[finding.code] === 'code');
  return {
    ...{ findings, verdict: verdictOn(findings) },
    ...(module && { module }),
    ...(capabilities && { capabilities: { ...capabilities, asked: [] } }),
  };
}

function verdictOn(findings: Review['findings']): Review['verdict'] {
  return findings.some(isRefusal) ? 'refused' : 'acceptable';
}
