/**
 * The part of the vault's RPC surface that is about sign-ins to remote servers; see `sign-in-api.ts`.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import type { NamedActor } from '../../core/audit/named-actor.ts';
import { err, type Result } from '../../core/primitives/result.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { Networks } from '../kit/networks.ts';
import type {
  AnswerProblem,
  AuthorizationAnswer,
  BeginProblem,
  FinishProblem,
  RefusedProblem,
  SignInApi,
  SignInDescription,
  SignInOrder,
  SignInPlace,
  SignInStart,
  SignInsOf,
  TokenProblem,
  TokenRefusal,
  TokenUse,
} from './sign-in-api.ts';
import { type Lent, SignInDesk } from './sign-in-desk.ts';

export type VaultBindings = BlockBindings & Networks;

export abstract class SignInVault extends DurableObject<VaultBindings> implements SignInApi {
  #desk: SignInDesk | undefined;

  protected abstract forSignIns(): Lent;
  /** Whether nothing may be given away, since it could not be recorded. */
  protected abstract isBlocked(): boolean;
  protected abstract recordToken(use: TokenUse, found: Result<string, TokenProblem>): void;

  protected get desk(): SignInDesk {
    this.#desk ??= new SignInDesk(this.ctx.storage.sql, this.env, this.forSignIns());
    return this.#desk;
  }

  async beginSignIn(
    actor: NamedActor,
    order: SignInOrder,
  ): Promise<Result<SignInStart, BeginProblem>> {
    return this.desk.begin(actor, order);
  }

  async receiveAnswer(answer: AuthorizationAnswer): Promise<Result<string, AnswerProblem>> {
    return this.desk.receive(answer);
  }

  async finishSignIn(
    actor: NamedActor,
    place: SignInPlace,
    text: string,
  ): Promise<Result<SignInDescription, FinishProblem>> {
    return this.desk.finish(actor, { place, text });
  }

  async signIns(of: SignInsOf): Promise<readonly SignInDescription[]> {
    return this.desk.describe(of);
  }

  async endSignIn(actor: NamedActor, place: SignInPlace): Promise<boolean> {
    return this.desk.end(actor, place);
  }

  async endSignInsOf(actor: NamedActor, of: SignInsOf): Promise<void> {
    await this.desk.endAllOf(actor, of);
  }

  async useToken(use: TokenUse): Promise<Result<string, TokenProblem>> {
    if (this.isBlocked()) return err('audit_unavailable');
    const found = await this.desk.use(use);
    this.recordToken(use, found);
    return found;
  }

  async refuseToken(refusal: TokenRefusal): Promise<Result<void, RefusedProblem>> {
    return this.desk.refuse(refusal);
  }
}
