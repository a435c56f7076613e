/**
 * Gives the token of a sign-in to a running call, renewed before its end, and hears when a server does
 * not take it.
 *
 * A token is renewed once at a time, however many calls want it: issuers take a renewal token twice for
 * a theft (OAuth 2.1 section 4.3.1). What comes of it is stored before anybody has it.
 *
 * @module
 */

import { err, ok, type Result } from '../../core/primitives/result.ts';
import { isGoodAt } from '../../core/remote-sign-in/protected-resource.ts';
import { joinScopes } from '../../core/remote-sign-in/scope.ts';
import type { TokenAnswer } from '../../core/remote-sign-in/token-answer.ts';
import { isToldFromWords } from '../../core/scan/value-writings.ts';
import { readSignInName } from '../../core/vault/sign-in-name.ts';
import { askForTokens } from './ask-for-tokens.ts';
import { recordSignIn } from './pending-sign-in.ts';
import { revoke } from './revoke-tokens.ts';
import {
  type RefusedProblem,
  SHARED,
  type SignInPlace,
  type TokenProblem,
  type TokenRefusal,
  type TokenUse,
} from './sign-in-api.ts';
import {
  clientSecretOf,
  openTokens,
  type SignInParts,
  sealTokens,
  type Tokens,
  toTokens,
} from './sign-in-parts.ts';
import type { SignInRow } from './sign-in-store.ts';
import type { VaultValue } from './vault-api.ts';

/** A token that ends this soon is renewed before it is given away, in milliseconds; at half its life. */
const RENEW_BEFORE_MS = 60_000;

/** A token that took the place of one that its server refused is not refused for its age so soon. */
const TRIED_MS = 60_000;

type Renewal = 'renewed' | 'refused' | 'unreachable';

interface Renewed {
  readonly answer: TokenAnswer;
  readonly before: Tokens;
  readonly why: 'age' | 'refused';
}

export class TokenDesk {
  readonly #parts: SignInParts;
  /** By sign-in: what is asked for one that is over says nothing about the next. */
  readonly #renewals = new Map<string, Promise<Renewal>>();

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  async use(use: TokenUse): Promise<Result<string, TokenProblem>> {
    const row = this.#find(use);
    if (row === undefined || row.status.isRefused) return err('sign_in_needed');
    if (!isGoodAt(row.terms, use.url)) return err('secret_host');
    const { expiresAt = Number.POSITIVE_INFINITY, renewedAt } = row.status;
    const left = expiresAt - this.#parts.now();
    if (left <= Math.min(RENEW_BEFORE_MS, (expiresAt - renewedAt) / 2)) {
      const renewal = row.status.renews ? await this.#renew(row) : 'refused';
      if (left <= 0 && renewal !== 'renewed') {
        return err(renewal === 'refused' ? 'sign_in_needed' : 'unreachable');
      }
    }
    const present = this.#find(use);
    if (present === undefined) return err('sign_in_needed');
    const tokens = openTokens(this.#parts, present);
    return tokens === undefined ? err('unreadable') : ok(tokens.accessToken);
  }

  /** `ok`: there is another token to try. */
  async refuse(refusal: TokenRefusal): Promise<Result<void, RefusedProblem>> {
    const row = this.#find(refusal);
    const tokens = row && openTokens(this.#parts, row);
    if (row === undefined || tokens === undefined) return err('sign_in_needed');
    if (tokens.accessToken !== refusal.token) return ok(undefined);
    if (refusal.kind === 'insufficient') {
      this.#want(row, refusal.scope);
      return err('sign_in_needed');
    }
    const { renews, wasRefused, renewedAt } = row.status;
    const isTried = wasRefused && this.#parts.now() - renewedAt < TRIED_MS;
    const renewal = renews && !isTried ? await this.#renew(row, 'refused') : 'refused';
    if (renewal === 'renewed') return ok(undefined);
    if (renewal === 'unreachable') return err('unreachable');
    this.#setRefused(row);
    return err('sign_in_needed');
  }

  /**
   * What is looked for in what is said and told. Not what could be words: its issuer has chosen it, and
   * could have whatever holds them denied.
   */
  values(): readonly VaultValue[] {
    return this.#parts.store.all().flatMap((row) => {
      const { accessToken, refreshToken } = openTokens(this.#parts, row) ?? {};
      const named = { name: `sign-in.${row.plugin}` };
      const of = row.holder === SHARED ? named : { ...named, holder: row.holder };
      return [accessToken, refreshToken].flatMap((value) =>
        value !== undefined && isToldFromWords(value) ? [{ ...of, value }] : [],
      );
    });
  }

  /** Part of a transaction: what can be opened is sealed anew, under the present master key. */
  rewrap(): void {
    for (const row of this.#parts.store.all()) {
      const tokens = openTokens(this.#parts, row);
      if (tokens !== undefined) this.#put(row, tokens, row.status);
    }
  }

  /** Its plugin alone, and for whom its name says. */
  #find({ name, claims, principal }: TokenUse): SignInRow | undefined {
    const known = readSignInName(name);
    if (known === undefined || known.plugin !== claims.plugin) return undefined;
    const holder = known.holder === 'workspace' ? SHARED : principal;
    return this.#parts.store.find({ plugin: known.plugin, holder });
  }

  async #renew(row: SignInRow, why: 'age' | 'refused' = 'age'): Promise<Renewal> {
    const key = `${row.plugin}/${row.holder}/${row.status.signedInAt}`;
    const running = this.#renewals.get(key);
    if (running !== undefined) return running;
    const renewal = this.#askAnew(row, why).finally(() => this.#renewals.delete(key));
    this.#renewals.set(key, renewal);
    return renewal;
  }

  async #askAnew(row: SignInRow, why: 'age' | 'refused'): Promise<Renewal> {
    const parts = this.#parts;
    const tokens = openTokens(parts, row);
    if (tokens?.refreshToken === undefined) return 'refused';
    const { terms } = row;
    const clientSecret = clientSecretOf(parts, terms);
    const answer = await askForTokens(
      { outside: await parts.openOutside(), terms, clientSecret },
      { grant_type: 'refresh_token', refresh_token: tokens.refreshToken },
    );
    // Meanwhile somebody may have signed out, or in again.
    const present = this.#present(row);
    if (present === undefined) {
      const ending = answer.ok && { terms, clientSecret, tokens: toTokens(answer.value, tokens) };
      if (ending !== false) parts.later(revoke(parts, [ending]));
      return 'refused';
    }
    if (answer.ok) {
      this.#keep(present, { answer: answer.value, before: tokens, why });
      return 'renewed';
    }
    if (answer.error === 'refused') this.#setRefused(row);
    return answer.error;
  }

  #keep(row: SignInRow, { answer, before, why }: Renewed): void {
    const { expiresAt: _, wasRefused: __, ...status } = row.status;
    const now = this.#parts.now();
    const { expiresInS, scope } = answer;
    this.#parts.change(() => {
      this.#put(row, toTokens(answer, before), {
        ...{ ...status, renewedAt: now },
        ...(why === 'refused' && { wasRefused: true }),
        ...(expiresInS !== undefined && { expiresAt: now + expiresInS * 1_000 }),
        ...(scope !== undefined && { scope }),
      });
      this.#record(row, { decision: 'observed' });
    });
  }

  #setRefused(row: SignInRow): void {
    const present = this.#present(row);
    if (present === undefined || present.status.isRefused) return;
    this.#parts.change(() => {
      this.#parts.store.put({ ...present, status: { ...present.status, isRefused: true } });
      this.#record(row, { decision: 'denied', reason: 'refused' });
    });
  }

  #want(row: SignInRow, scope: string | undefined): void {
    const wantedScope = joinScopes(row.status.wantedScope, scope) ?? '';
    if (row.status.wantedScope === wantedScope) return;
    this.#parts.change(() => {
      this.#parts.store.put({ ...row, status: { ...row.status, wantedScope } });
      this.#record(row, { decision: 'denied', reason: 'insufficient_scope' });
    });
  }

  /** The same sign-in, as it is now. */
  #present(row: SignInRow): SignInRow | undefined {
    const present = this.#parts.store.find(row);
    return present?.status.signedInAt === row.status.signedInAt ? present : undefined;
  }

  /** Part of a transaction. */
  #put({ plugin, holder, terms }: SignInRow, tokens: Tokens, status: SignInRow['status']): void {
    const place: SignInPlace = { plugin, holder };
    const sealed = sealTokens(this.#parts, { ...place, terms }, tokens);
    this.#parts.store.put({ ...place, terms, status, sealed });
  }

  #record(
    { plugin, terms }: SignInRow,
    how: { readonly decision: 'observed' | 'denied'; readonly reason?: string },
  ): void {
    const event = { action: 'remote-sign-in-renewed', resource: terms.host, ...how } as const;
    recordSignIn(this.#parts, { plugin, actor: {} }, event);
  }
}
