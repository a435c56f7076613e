/**
 * Makes a plugin of a manifest that names a remote MCP server: the whole manifest, which bounds it to
 * that server's host, and its code, which calls no tool whose definition has changed.
 *
 * @module
 */

import { readShape } from '../../core/errors/pointer-errors.ts';
import { type RemoteSection, remoteSchema } from '../../core/manifest/remote-section.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import { isJsonObject, type JsonObject } from '../../core/primitives/json.ts';
import { parseJson } from '../../core/primitives/parse-json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { toUtf8 } from '../../core/primitives/utf8.ts';
import { directionsIn } from '../find-directions.ts';
import { type Finding, refuse } from '../finding.ts';
import { MAX_MANIFEST_BYTES, MAX_MANIFEST_DEPTH } from '../read-manifest.ts';
import type { Submission } from '../submission.ts';
import { placeOf, type ReadUrl } from './place-of.ts';
import { writeCode } from './write-code.ts';
import { FOLLOWING, writeManifest } from './write-manifest.ts';

export interface RemoteMaker {
  /** `worker-plugins/templates/remote-mcp/plugin.js`. */
  readonly template: string;
  readonly readUrl: ReadUrl;
}

const FOLLOWS = 'must be absent, or what follows from "remote"';

/**
 * The submission as it is reviewed: itself, unless its manifest has a `remote` section. What is wrong
 * with that section is reported at once; the review reports the rest.
 */
export function expandRemote(
  submission: Submission,
  maker: RemoteMaker,
): Result<Submission, readonly Finding[]> {
  const json = parseJson(submission.manifestText, {
    maxBytes: MAX_MANIFEST_BYTES,
    maxDepth: MAX_MANIFEST_DEPTH,
  });
  if (!json.ok || !isJsonObject(json.value) || !Object.hasOwn(json.value, 'remote')) {
    return ok(submission);
  }
  return expand(submission, json.value, maker);
}

function expand(
  submission: Submission,
  given: JsonObject,
  { template, readUrl }: RemoteMaker,
): Result<Submission, readonly Finding[]> {
  const read = readShape(remoteSchema, given.remote);
  if (!read.ok) {
    return err(
      read.error.map(({ pointer, detail }) =>
        refuse('manifest_invalid', { pointer: `/remote${pointer}`, detail }),
      ),
    );
  }
  const remote = read.value;
  const findings = [...findBadPlaces(remote, readUrl), ...findPoison(remote)];
  if (findings.length > 0) return err(findings);
  const manifest = writeManifest(given, remote, readUrl);
  const code = toUtf8(writeCode(remote, template));
  const strays = [...findStrays(given, manifest), ...findOtherCode(submission.code, code)];
  if (strays.length > 0) return err(strays);
  return ok({ ...submission, manifestText: JSON.stringify(manifest), code });
}

/** A plugin that was made already comes with what follows, and nobody says otherwise beside it. */
function findStrays(given: JsonObject, whole: JsonObject): readonly Finding[] {
  return FOLLOWING.filter((name) => Object.hasOwn(given, name))
    .filter((name) => canonicalJson(given[name] ?? null) !== canonicalJson(whole[name] ?? null))
    .map((name) => refuse('manifest_invalid', { pointer: `/${name}`, detail: FOLLOWS }));
}

function findOtherCode(given: Uint8Array | undefined, code: Uint8Array): readonly Finding[] {
  const isSame = given?.length === code.length && given.every((byte, at) => byte === code[at]);
  if (given === undefined || isSame) return [];
  return [refuse('code_unexpected', { pointer: '/module', detail: FOLLOWS })];
}

function findBadPlaces({ url, auth }: RemoteSection, readUrl: ReadUrl): readonly Finding[] {
  const places = [
    ['/remote/url', url] as const,
    ...(auth?.type === 'oauth' ? [['/remote/auth/tokenUrl', auth.tokenUrl] as const] : []),
    ...(auth?.type === 'sign-in' && auth.issuer !== undefined
      ? [['/remote/auth/issuer', auth.issuer] as const]
      : []),
  ];
  return places
    .filter(([, text]) => placeOf(text, readUrl) === undefined)
    .map(([pointer]) =>
      refuse('manifest_invalid', { pointer, detail: 'must name a host, and hold no credentials' }),
    );
}

/** What a model would read as an order: nobody should accept it without having seen it. */
function findPoison({ tools }: RemoteSection): readonly Finding[] {
  return tools.flatMap((tool, index) =>
    directionsIn({ ...tool }).map(({ name }) =>
      refuse('directs_model', {
        pointer: `/remote/tools/${index}`,
        detail: `must not try to direct a model (${name})`,
      }),
    ),
  );
}
