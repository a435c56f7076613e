/**
 * What the workspaces have said of their issuers, in the memory of one isolate: so that a forged token is
 * refused without touching any object.
 *
 * A copy may be a few seconds old. That widens nothing: the workspace is asked at each sign-in, by its
 * policy of that moment. Where a token does not hold by a copy, a bucket says whether it is worth asking
 * again; forged tokens without number are not.
 *
 * @module
 */

import type { JWTVerifyGetKey } from 'jose';
import type { IssuerAnswer } from '../blocks/workspace/entry-api.ts';
import { openEntry } from '../blocks/workspace/entry-client.ts';
import { type Bucket, callsIn, refill, takeCalls } from '../core/policy/bucket.ts';
import type { WorkspaceId } from '../core/primitives/ids.ts';
import type { GatewayBindings } from './bindings.ts';
import { toKeyFinder } from './verify-id-token.ts';

/** How long a copy is used, in milliseconds. */
const FRESH_MS = 10_000;

/** How often the workspace is asked about one issuer before that. */
const ASK_RATE = { calls: 10, periodMs: 10_000 } as const;

/**
 * How often any workspace is asked about issuers that are not known to be trusted: strangers choose the
 * names of both, and each name wakes an object.
 */
const UNKNOWN_RATE = { calls: 200, periodMs: 10_000 } as const;

/** Issuers in memory; beyond that number those that are not trusted are forgotten. */
const MAX_KNOWN = 1_000;

export type KnownIssuer =
  | (Extract<IssuerAnswer, { kind: 'trusted' }> & { readonly keyOf: JWTVerifyGetKey })
  | Exclude<IssuerAnswer, { kind: 'trusted' }>;

interface Copy {
  known: KnownIssuer | undefined;
  askedAt: number;
  asked: Bucket | undefined;
}

const copies = new Map<string, Copy>();
const unknown: { asked: Bucket | undefined } = { asked: undefined };

export interface IssuerQuestion {
  readonly workspace: WorkspaceId;
  readonly issuer: string;
  readonly kid?: string;
}

/** Nothing where it is not worth asking. `again`: the copy did not do. */
export async function findIssuer(
  env: Pick<GatewayBindings, 'WORKSPACES'>,
  { workspace, issuer, kid }: IssuerQuestion,
  mode: 'copy' | 'again',
): Promise<KnownIssuer | undefined> {
  const now = Date.now();
  const copy = copyOf(JSON.stringify([workspace, issuer]));
  if (mode === 'copy' && copy.known !== undefined && now - copy.askedAt < FRESH_MS) {
    return copy.known;
  }
  if (!mayAsk(copy, now)) return mode === 'copy' ? copy.known : undefined;
  const answer = await openEntry(env, workspace).issuer(issuer, kid);
  copy.known = withKeys(answer, copy.known);
  copy.askedAt = now;
  return copy.known;
}

function mayAsk(copy: Copy, now: number): boolean {
  const own = refill(copy.asked, ASK_RATE, now);
  const all = refill(unknown.asked, UNKNOWN_RATE, now);
  const isUnknown = copy.known === undefined || copy.known.kind === 'untrusted';
  if (callsIn(own) < 1 || (isUnknown && callsIn(all) < 1)) return false;
  copy.asked = takeCalls(own, 1);
  if (isUnknown) unknown.asked = takeCalls(all, 1);
  return true;
}

function forgetUntrusted(): void {
  for (const [key, { known }] of copies) {
    if (known === undefined || known.kind === 'untrusted') copies.delete(key);
  }
  if (copies.size >= MAX_KNOWN) copies.clear();
}

function copyOf(key: string): Copy {
  const known = copies.get(key);
  if (known !== undefined) return known;
  if (copies.size >= MAX_KNOWN) forgetUntrusted();
  const copy: Copy = { known: undefined, askedAt: 0, asked: undefined };
  copies.set(key, copy);
  return copy;
}

/** Keys that are the same as before stay imported. */
function withKeys(answer: IssuerAnswer, before: KnownIssuer | undefined): KnownIssuer {
  if (answer.kind !== 'trusted') return answer;
  const isSame =
    before?.kind === 'trusted' && JSON.stringify(before.keys) === JSON.stringify(answer.keys);
  return { ...answer, keyOf: isSame ? before.keyOf : toKeyFinder(answer.keys) };
}
