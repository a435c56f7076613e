/**
 * Those who come with a token of an issuer that the policy trusts.
 *
 * Each principal has one token row for each set of grants that its claims were ever worth, which is good
 * for as long as the last of the tokens that were shown for it. So what it has begun goes on when its
 * issuer gives it a fresh token, it stands in the list of tokens, and is revoked as any other: no token
 * that the issuer gave before that is taken any more.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { isEnded } from '../../core/policy/kill-switch.ts';
import { type Principal, toPrincipalName } from '../../core/policy/principal.ts';
import { type ReadClaims, readClaims, toPrincipalId } from '../../core/policy/read-claims.ts';
import type { TrustedIssuer } from '../../core/policy/sign-in-policy.ts';
import { remember } from '../../core/primitives/remember.ts';
import { randomHex, sha256Hex } from '../kit/keys.ts';
import type { SignInRefusal, VerifiedSignIn } from './entry-api.ts';
import { fingerprintOf, isSignedIn, toGiverId, toGiverName } from './issuer-giver.ts';
import type { StoredToken } from './token-store.ts';
import { record, refuseUnrecorded, transact, type WorkspaceParts } from './workspace-parts.ts';

/** Tokens of issuers in memory; beyond that number the oldest is forgotten. */
const MAX_REMEMBERED = 512;

/** The same refusal is recorded once in so many milliseconds. */
const RECORD_EVERY_MS = 60_000;

export type SignInOutcome =
  | { readonly kind: 'token'; readonly token: StoredToken }
  | { readonly kind: 'refused'; readonly reason: SignInRefusal }
  | { readonly kind: 'unrecorded' | 'changed' };

interface Remembered {
  readonly revision: number;
  readonly expiresAt: number;
  readonly token: StoredToken;
}

/** What of a sign-in its row is made from. */
interface Entry {
  readonly issuer: TrustedIssuer;
  readonly signIn: VerifiedSignIn;
  readonly read: ReadClaims;
}

export class SignIns {
  readonly #parts: WorkspaceParts;
  /** By hash of the token that was shown. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #recordedAt = new Map<string, number>();

  constructor(parts: WorkspaceParts) {
    this.#parts = parts;
  }

  signIn(signIn: VerifiedSignIn): SignInOutcome {
    const now = this.#parts.now();
    const { revision } = this.#parts.workspace.row();
    const known = this.#remembered.get(signIn.tokenHash);
    if (known?.revision === revision && now < known.expiresAt) return toOutcome(known.token);
    const outcome = this.#enter(signIn, now);
    if (outcome.kind === 'token') {
      const { expiresAt } = signIn;
      remember(
        this.#remembered,
        [signIn.tokenHash, { revision, expiresAt, token: outcome.token }],
        MAX_REMEMBERED,
      );
    }
    return outcome;
  }

  #enter(signIn: VerifiedSignIn, now: number): SignInOutcome {
    const { policy, members } = this.#parts.workspace.row();
    const issuer = policy.signIn.issuers.find((each) => each.issuer === signIn.issuer);
    if (issuer === undefined || fingerprintOf(issuer) !== signIn.fingerprint) {
      return { kind: 'changed' };
    }
    const read = readClaims(issuer, signIn.claims, sha256Hex);
    if (typeof read === 'string') return this.#refuse(issuer, signIn, read);
    if (issuer.admits === 'members' && !(issuer.kind === 'user' && members.has(read.subject.id))) {
      return this.#refuse(issuer, signIn, 'not-member');
    }
    const switches = this.#parts.switches.all().map(({ killSwitch }) => killSwitch);
    if (isEnded(switches, read.subject)) return this.#refuse(issuer, signIn, 'switched-off');
    const rows = this.#rowsOf(read, issuer);
    const lastRevokedAt = Math.max(0, ...rows.map(({ revokedAt = 0 }) => revokedAt));
    if (signIn.issuedAt <= lastRevokedAt) return this.#refuse(issuer, signIn, 'revoked');
    return this.#keep({ issuer, signIn, read }, rows, now);
  }

  /** Of this principal, by whatever description of this issuer. */
  #rowsOf({ subject }: ReadClaims, issuer: TrustedIssuer): StoredToken[] {
    return this.#parts.tokens
      .ofSubject(subject.kind, subject.id)
      .filter((token) => isSignedIn(token) && token.giverName === toGiverName(issuer));
  }

  #keep(entry: Entry, rows: readonly StoredToken[], now: number): SignInOutcome {
    const { issuer, signIn, read } = entry;
    const giver = toGiverId(issuer);
    const wanted = JSON.stringify(read.patterns);
    const row = rows.find(
      ({ revokedAt, patterns }) => revokedAt === undefined && JSON.stringify(patterns) === wanted,
    );
    const lasts = Math.max(row?.expiresAt ?? 0, signIn.expiresAt);
    if (row !== undefined && row.giver === giver && row.expiresAt === lasts) return toOutcome(row);
    if (refuseUnrecorded(this.#parts) !== undefined) return { kind: 'unrecorded' };
    const token = { ...(row ?? this.#toToken(entry, now)), giver, expiresAt: lasts };
    transact(this.#parts, () => {
      if (row === undefined) this.#parts.tokens.insert(token, `sign-in:${token.id}`);
      else this.#parts.tokens.renew(token.id, { giver, expiresAt: lasts });
      record(this.#parts, this.#event(entry, { decision: 'allowed', tokenId: token.id }));
    });
    this.#parts.authorities.forget();
    this.#parts.flush();
    return toOutcome(token);
  }

  #toToken({ issuer, signIn, read }: Entry, now: number): StoredToken {
    return {
      id: `tok_${randomHex(16)}`,
      subject: read.subject,
      patterns: read.patterns,
      giver: toGiverId(issuer),
      giverName: toGiverName(issuer),
      createdAt: now,
      expiresAt: signIn.expiresAt,
    };
  }

  #event(
    { signIn, read }: Pick<Entry, 'signIn' | 'read'>,
    facts: Pick<AuditEvent, 'decision'> & Partial<AuditEvent>,
  ): AuditEvent {
    return {
      action: 'signed-in',
      at: this.#parts.now(),
      actor: toPrincipalName(read.subject),
      requestId: signIn.requestId,
      ...facts,
    };
  }

  #refuse(issuer: TrustedIssuer, signIn: VerifiedSignIn, reason: SignInRefusal): SignInOutcome {
    const id = toPrincipalId(issuer, signIn.claims, sha256Hex);
    const name =
      id === undefined ? toGiverName(issuer) : toPrincipalName({ kind: issuer.kind, id });
    const now = this.#parts.now();
    const key = `${name} ${reason}`;
    if (now - (this.#recordedAt.get(key) ?? 0) < RECORD_EVERY_MS)
      return { kind: 'refused', reason };
    remember(this.#recordedAt, [key, now], MAX_REMEMBERED);
    transact(this.#parts, () =>
      record(this.#parts, {
        ...{ action: 'signed-in', decision: 'denied', at: now, actor: name, reason },
        requestId: signIn.requestId,
      }),
    );
    this.#parts.flush();
    return { kind: 'refused', reason };
  }
}

/** The principal that a row stands for; whether it may do anything is asked of `authorities`. */
export function toSignedIn(
  { id, subject }: Pick<StoredToken, 'id' | 'subject'>,
  workspace: Principal['workspace'],
): Principal {
  return { ...subject, workspace, tokenId: id };
}

function toOutcome(token: StoredToken): SignInOutcome {
  return { kind: 'token', token };
}
