/**
 * Takes what the browser brought back from the issuer, and has the code exchanged for tokens.
 *
 * The browser shows no credential of ours, so nobody knows whose it is: who follows a stranger's link
 * would sign the stranger in. Therefore the page shows a code, and nothing is in force before whoever
 * began has said it under his own credential.
 *
 * @module
 */

import { PAIRING_CODE_LENGTH, toPairingCode } from '../../core/channels/pairing-code.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { isFromIssuer } from '../../core/remote-sign-in/judge-answer.ts';
import type { TokenAnswer } from '../../core/remote-sign-in/token-answer.ts';
import { sha256Hex } from '../kit/keys.ts';
import { askForTokens } from './ask-for-tokens.ts';
import { openPending, recordSignIn, sealPending } from './pending-sign-in.ts';
import { revoke } from './revoke-tokens.ts';
import type { AnswerProblem, AuthorizationAnswer } from './sign-in-api.ts';
import { clientSecretOf, type SignInParts, toTokens } from './sign-in-parts.ts';
import type { PendingSignIn } from './sign-in-store.ts';

/** The code for the person's eyes. */
export async function receiveAnswer(
  parts: SignInParts,
  { state, code, iss }: AuthorizationAnswer,
): Promise<Result<string, AnswerProblem>> {
  const pending = parts.store.findByState(sha256Hex(state));
  if (pending === undefined || pending.expiresAt <= parts.now()) return err('unknown');
  const verifier = openPending(parts, pending, 'sent')?.verifier;
  // Whatever comes of it, this state is good for nothing any more.
  const { stateHash: _, ...received } = pending;
  parts.change(() => parts.store.putPending(received));
  if (!isFromIssuer(iss, pending.terms)) return refuse(parts, pending, 'other_issuer');
  if (code === undefined || typeof verifier !== 'string') return refuse(parts, pending, 'refused');
  const { terms } = pending;
  const outside = await parts.openOutside();
  const tokens = await askForTokens(
    { outside, terms, clientSecret: clientSecretOf(parts, terms) },
    {
      grant_type: 'authorization_code',
      ...{ code, redirect_uri: terms.redirectUri, code_verifier: verifier },
    },
  );
  if (!tokens.ok) return refuse(parts, pending, tokens.error);
  return keep(parts, received, tokens.value);
}

function keep(
  parts: SignInParts,
  pending: PendingSignIn,
  answer: TokenAnswer,
): Result<string, AnswerProblem> {
  const present = parts.store.findPending(pending);
  if (present?.sealed !== pending.sealed) {
    // Meanwhile it was begun anew, or given up.
    const { terms } = pending;
    const clientSecret = clientSecretOf(parts, terms);
    parts.later(revoke(parts, [{ terms, clientSecret, tokens: toTokens(answer) }]));
    return err('unknown');
  }
  const code = toPairingCode(crypto.getRandomValues(new Uint8Array(PAIRING_CODE_LENGTH)));
  const { expiresInS } = answer;
  const scope = answer.scope ?? pending.terms.scope;
  const value = {
    ...toTokens(answer),
    ...(expiresInS !== undefined && { expiresAt: parts.now() + expiresInS * 1_000 }),
    ...(scope !== undefined && { scope }),
  };
  const sealed = sealPending(parts, pending, { stage: 'back', value });
  parts.change(() => parts.store.putPending({ ...pending, codeHash: sha256Hex(code), sealed }));
  return ok(code);
}

function refuse<P extends AnswerProblem>(
  parts: SignInParts,
  pending: PendingSignIn,
  reason: P,
): Result<string, P> {
  parts.change(() => {
    if (parts.store.findPending(pending)?.sealed === pending.sealed) {
      parts.store.removePending(pending);
      parts.store.forgetUnusedClients();
    }
    const { plugin, begunBy: name, terms } = pending;
    recordSignIn(
      parts,
      { plugin, actor: { name } },
      { action: 'remote-sign-in-finished', decision: 'denied', reason, resource: terms.host },
    );
  });
  return err(reason);
}
