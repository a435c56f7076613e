import { describe, expect, test } from 'vitest';
import type { TicketClaims } from '../../src/core/executor-protocol/ticket.ts';
import { createTicketSigner, MAX_TICKET_LENGTH, verifyTicket } from '../../src/tiers/ticket.ts';
import { claimsOf, sign, TICKET_KEY } from './support/claims.ts';

const OTHER_KEY = new Uint8Array(32).fill(7);

describe('verifyTicket()', () => {
  test('gives back the claims that were signed, and nothing else', () => {
    const claims = claimsOf();
    expect(verifyTicket(sign(claims, 'life'), TICKET_KEY)).toEqual({ claims, audience: 'life' });
  });

  test('keeps claims of tiers that need no entry', () => {
    const { wasm: _, ...rest } = claimsOf();
    const claims: TicketClaims = { ...rest, tier: 'process' };
    expect(verifyTicket(sign(claims), TICKET_KEY)?.claims).toEqual(claims);
  });

  test('refuses a signature under another key', () => {
    expect(
      verifyTicket(createTicketSigner(OTHER_KEY).sign(claimsOf(), 'nobody'), TICKET_KEY),
    ).toBeUndefined();
  });

  test('refuses every ticket with one character changed', () => {
    const ticket = sign(claimsOf());
    for (let at = 0; at < ticket.length; at++) {
      const other = ticket[at] === 'A' ? 'B' : 'A';
      const changed = ticket.slice(0, at) + other + ticket.slice(at + 1);
      expect(verifyTicket(changed, TICKET_KEY)).toBeUndefined();
    }
  });

  test('refuses other claims under a signature that was made for these', () => {
    const [payload, audience] = sign(claimsOf({ epoch: 2 })).split('.');
    const [, , mac] = sign(claimsOf({ epoch: 1 })).split('.');
    expect(verifyTicket(`${payload}.${audience}.${mac}`, TICKET_KEY)).toBeUndefined();
  });

  test('refuses another audience under a signature that was made for this one', () => {
    const [payload, , mac] = sign(claimsOf(), 'one').split('.');
    expect(verifyTicket(`${payload}.other.${mac}`, TICKET_KEY)).toBeUndefined();
    expect(verifyTicket(`${payload}.${mac}`, TICKET_KEY)).toBeUndefined();
  });

  test.each([
    '',
    '.',
    '..',
    'a',
    'a.',
    '.a',
    `${sign(claimsOf())}.`,
    `${sign(claimsOf())}=`,
    'ä.ö',
  ])('refuses %j', (text) => {
    expect(verifyTicket(text, TICKET_KEY)).toBeUndefined();
  });

  test('takes the longest ticket, and none that is longer', () => {
    const spare = MAX_TICKET_LENGTH - sign(claimsOf({ tool: '' })).length;
    const fits = sign(claimsOf({ tool: 'x'.repeat(Math.floor((spare * 3) / 4)) }));
    const tooLong = sign(claimsOf({ tool: 'x'.repeat(Math.floor((spare * 3) / 4) + 3) }));
    expect(fits.length).toBeGreaterThan(MAX_TICKET_LENGTH - 4);
    expect(verifyTicket(fits, TICKET_KEY)).toBeDefined();
    expect(tooLong.length).toBeGreaterThan(MAX_TICKET_LENGTH);
    expect(verifyTicket(tooLong, TICKET_KEY)).toBeUndefined();
  });
});
