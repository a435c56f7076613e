/** What ends with the last credential of a principal, and what does not. */

import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { VaultBlock } from '../../../src/blocks/vault/vault-block.ts';
import { openGovernance } from '../../../src/blocks/workspace/governance-client.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import {
  bindings,
  type Fixture,
  foundWorkspace,
  type Holder,
  issue,
  ring,
  rowsOf,
} from './workspace-fixture.ts';

/** Of whom the vault has heard, in the order of their names. */
let seenOff: () => readonly string[];
let hear: MockInstance<VaultBlock['endSignInsOf']>;

beforeEach(() => {
  hear = vi.spyOn(VaultBlock.prototype, 'endSignInsOf');
  seenOff = () =>
    hear.mock.calls.flatMap(([, of]) => ('holders' in of ? of.holders : [])).toSorted();
});
afterEach(() => vi.restoreAllMocks());

const revoke = (fixture: Fixture, { principal }: Holder) =>
  fixture.block.revokeToken(fixture.root, principal.tokenId);

const asAlice = { subject: { kind: 'user', id: 'alice' } as const };

describe('a principal is seen off', () => {
  test('with its last token, and not before', async () => {
    const fixture = await foundWorkspace();
    const [first, second] = [
      await issue(fixture, fixture.root, asAlice),
      await issue(fixture, fixture.root, asAlice),
    ];
    await revoke(fixture, first);
    expect(seenOff()).toEqual([]);
    await revoke(fixture, second);
    expect(seenOff()).toEqual(['user:alice']);
  });

  test('with the token that all of its own were given by', async () => {
    const fixture = await foundWorkspace();
    const lead = await issue(fixture, fixture.root, { grants: ['tool:*', 'system:token:issue'] });
    const subject = { kind: 'service', id: 'ci' } as const;
    const child = await issue(fixture, lead, { subject, grants: ['tool:exec'] });
    await issue(fixture, child, { ...asAlice, grants: ['tool:exec'] });
    await issue(fixture, fixture.root, { subject: { kind: 'user', id: 'bob' } });
    await revoke(fixture, lead);
    const { kind, id } = lead.principal;
    expect(seenOff()).toEqual(['service:ci', `${kind}:${id}`, 'user:alice'].sort());
  });

  test('with the membership, whether there is a token or none', async () => {
    const fixture = await foundWorkspace();
    const member = (id: string) => ({ id, grants: ['tool:*'] });
    const change = (members: { id: string; grants: string[] }[]) =>
      fixture.block.change(fixture.root, { members });
    expect(await change([member('alice'), member('bob')])).toMatchObject({ ok: true });
    await change([member('bob')]);
    expect(seenOff()).toEqual(['user:alice']);
    await fixture.block.change(fixture.root, { policy: DEFAULT_POLICY });
    expect(seenOff()).toEqual(['user:alice']);
  });

  test('when all of its tokens are revoked by its name, whether there is a row of one or none', async () => {
    const fixture = await foundWorkspace();
    const governance = openGovernance(bindings, fixture.id);
    expect(await governance.revokeMany(fixture.root, { subject: 'user:alice' })).toBe(0);
    expect(seenOff()).toEqual(['user:alice']);
    await issue(fixture, fixture.root, { subject: { kind: 'user', id: 'bob' } });
    await governance.revokeMany(fixture.root, { subject: 'user:bob' });
    expect(seenOff()).toEqual(['user:alice', 'user:bob']);
    // What they share is no principal's, and its own token stays with whoever asks.
    await governance.revokeMany(fixture.root, { subject: 'workspace' });
    const lead = await issue(fixture, fixture.root, { subject: { kind: 'user', id: 'lead' } });
    expect(await governance.revokeMany(lead, { subject: 'user:lead' })).toBe(0);
    expect(seenOff()).toEqual(['user:alice', 'user:bob']);
  });

  test('together with all whom the same request leaves without a token: the vault is told once', async () => {
    const fixture = await foundWorkspace();
    for (const id of ['alice', 'bob', 'carol']) {
      await issue(fixture, fixture.root, { subject: { kind: 'user', id } });
    }
    expect(await openGovernance(bindings, fixture.id).revokeMany(fixture.root, {})).toBe(3);
    expect(hear).toHaveBeenCalledOnce();
    expect(seenOff()).toEqual(['user:alice', 'user:bob', 'user:carol']);
    expect(await rowsOf(fixture, 'SELECT principal FROM departures')).toEqual([]);
  });

  test('once the vault has heard of it: until then it is told again', async () => {
    const fixture = await foundWorkspace();
    hear.mockRejectedValueOnce(new Error('down'));
    await revoke(fixture, await issue(fixture, fixture.root, asAlice));
    const left = () => rowsOf(fixture, 'SELECT principal, request_id FROM departures');
    expect(await left()).toEqual([{ principal: 'user:alice', request_id: 'req-1' }]);
    await ring(fixture, 'depart');
    expect(await left()).toEqual([]);
    expect(seenOff()).toEqual(['user:alice', 'user:alice']);
  });

  test('never as root, whose credential is no token', async () => {
    const fixture = await foundWorkspace();
    const subject = { kind: 'user', id: 'root' } as const;
    await revoke(fixture, await issue(fixture, fixture.root, { subject }));
    expect(seenOff()).toEqual([]);
  });
});
