/** Claims, tickets and keys for tests of the tiers. */

import { deriveKey, randomHex, sha256Hex } from '../../../src/blocks/kit/keys.ts';
import type { TicketClaims } from '../../../src/core/executor-protocol/ticket.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { createTicketSigner } from '../../../src/tiers/ticket.ts';
import { LIMITS } from './limits.ts';

/** The master key of the tests, as `vitest.config.ts` states it. */
export const MASTER_KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

export const TICKET_KEY = deriveKey(MASTER_KEY, 'ticket');

const signer = createTicketSigner(TICKET_KEY);

export function toTurn(): string {
  return `turn_${randomHex(16)}`;
}

/** Claims of a call of a fresh turn that a lane of workspace `acme` lets in. */
export function claimsOf(changes: Partial<TicketClaims> = {}, argumentsText = '{}'): TicketClaims {
  return {
    workspace: 'acme',
    session: 'ses_of_nobody',
    callKey: `${toTurn()}/0/0`,
    tool: 'echo',
    plugin: 'hostile',
    pluginVersion: '1.0.0',
    codeHash: 'hostile',
    argumentHash: sha256Hex(argumentsText),
    tier: 'wasm',
    wasm: { entry: 'echo', limits: LIMITS },
    label: PRINCIPAL_LABEL,
    revision: 1,
    epoch: 1,
    deadlineAt: Date.now() + 60_000,
    ...changes,
  };
}

/** The same for another entry of the code. */
export function callOf(entry: string, changes: Partial<TicketClaims> = {}): TicketClaims {
  return claimsOf({ wasm: { entry, limits: LIMITS }, ...changes });
}

export function sign(claims: TicketClaims, audience = 'nobody'): string {
  return signer.sign(claims, audience);
}
