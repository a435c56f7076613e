/**
 * Sign-ins to remote servers, as the vault has them: what is asked of them, put together.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import { toHostAndPort } from '../../core/capabilities/host-and-port.ts';
import { NO_HOSTS } from '../../core/policy/may-reach.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { keyedHash } from '../kit/keys.ts';
import type { Networks } from '../kit/networks.ts';
import { openWorkspace } from '../workspace/workspace-client.ts';
import { beginSignIn } from './begin-sign-in.ts';
import { SIGN_IN_KEY, WrappingKeys } from './data-key.ts';
import { describeSignIn } from './describe-sign-in.ts';
import { endSignIn, endSignInsOf, isOf } from './end-sign-in.ts';
import { finishSignIn } from './finish-sign-in.ts';
import { Outside } from './outside.ts';
import { findOver } from './pending-sign-in.ts';
import { receiveAnswer } from './receive-answer.ts';
import { discard } from './revoke-tokens.ts';
import { SealedJson } from './sealed-json.ts';
import type {
  AuthorizationAnswer,
  SignInDescription,
  SignInOrder,
  SignInPlace,
  SignInsOf,
  TokenRefusal,
  TokenUse,
} from './sign-in-api.ts';
import { RegisteredClients, type SignInParts } from './sign-in-parts.ts';
import { SignInStore } from './sign-in-store.ts';
import { TokenDesk } from './use-token.ts';

/** What the vault lends. */
export type Lent = Pick<SignInParts, 'workspace' | 'change' | 'record' | 'later' | 'sweepBy'> & {
  /** A secret, if it may go to that `host:port`. */
  readonly readSecret: (name: string, host: string) => string | undefined;
};

export class SignInDesk {
  readonly #parts: SignInParts;
  readonly #tokens: TokenDesk;

  constructor(sql: SqlStorage, env: BlockBindings & Networks, lent: Lent) {
    const { workspace } = lent;
    const store = new SignInStore(sql);
    const seals = new SealedJson(new WrappingKeys(env, workspace, SIGN_IN_KEY));
    this.#parts = {
      ...lent,
      ...{ store, seals, clients: new RegisteredClients(workspace, store, seals) },
      states: keyedHash(env.SALLYPORT_MASTER_KEY, 'sign-in-state'),
      now: () => Date.now(),
      openOutside: async () => {
        const described = await openWorkspace(env, workspace).describe();
        return new Outside(env, described?.policy ?? NO_HOSTS);
      },
      readSecret: (name, url) => lent.readSecret(name, hostOf(url)),
    };
    this.#tokens = new TokenDesk(this.#parts);
  }

  createTables(): void {
    this.#parts.store.createTables();
  }

  begin(actor: NamedActor, order: SignInOrder) {
    return beginSignIn(this.#parts, actor, order);
  }

  receive(answer: AuthorizationAnswer) {
    return receiveAnswer(this.#parts, answer);
  }

  finish(actor: NamedActor, said: { readonly place: SignInPlace; readonly text: string }) {
    return finishSignIn(this.#parts, actor, said);
  }

  describe(of: SignInsOf): readonly SignInDescription[] {
    const { store, now } = this.#parts;
    const wanted = store.all().filter((row) => isOf(row, of));
    return wanted.map((row) => describeSignIn(row, now()));
  }

  end(actor: NamedActor, place: SignInPlace) {
    return endSignIn(this.#parts, actor, place);
  }

  endAllOf(actor: NamedActor, of: SignInsOf) {
    return endSignInsOf(this.#parts, actor, of);
  }

  use(use: TokenUse) {
    return this.#tokens.use(use);
  }

  refuse(refusal: TokenRefusal) {
    return this.#tokens.refuse(refusal);
  }

  values() {
    return this.#tokens.values();
  }

  /** Part of a transaction. */
  rewrap(): void {
    this.#tokens.rewrap();
    this.#parts.clients.rewrap();
  }

  /** Forgets what was begun and not finished in its time. */
  async sweep(): Promise<void> {
    await discard(this.#parts, findOver(this.#parts));
  }
}

/** Whoever stored the URL has found that it may be reached; here it is only taken apart. */
function hostOf(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return toHostAndPort({ host, port: Number(port || (protocol === 'https:' ? 443 : 80)) });
}
