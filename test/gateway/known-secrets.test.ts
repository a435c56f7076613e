import { describe, expect, test } from 'vitest';
import type { VaultValue } from '../../src/blocks/vault/vault-api.ts';
import type { Principal } from '../../src/core/policy/principal.ts';
import type { WorkspaceId } from '../../src/core/primitives/ids.ts';
import { scanText } from '../../src/core/scan/scan-text.ts';
import type { GatewayBindings } from '../../src/gateway/bindings.ts';
import { knownSecretsOf } from '../../src/gateway/known-secrets.ts';

const workspace = `ws-${crypto.randomUUID()}` as WorkspaceId;
const ann: Principal = { kind: 'user', id: 'ann', workspace, tokenId: 'a' };
const bob: Principal = { kind: 'user', id: 'bob', workspace, tokenId: 'b' };

const SHARED = { name: 'db-password', value: 'correct horse battery' };
const tokenOf = (id: string, value: string) => ({
  ...{ name: `sign-in.${id}`, value, holder: `user:${id}` },
});

/** A vault with these values. */
function vaultWith(values: readonly VaultValue[]): Pick<GatewayBindings, 'VAULTS'> {
  const vault = { values: async () => ({ state: crypto.randomUUID(), values }) };
  return { VAULTS: { getByName: () => vault } } as never;
}

const look = (values: readonly VaultValue[], principal: Principal) =>
  knownSecretsOf(vaultWith(values), principal, 'present');

async function namesIn(text: string, known: ReturnType<typeof look>): Promise<readonly string[]> {
  const { findings } = scanText(text, { kinds: ['known'], known: (await known) ?? never() });
  return findings.map(({ name }) => name);
}

function never(): never {
  throw new Error('There are no values');
}

describe('knownSecretsOf()', () => {
  test("makes ready anew what has changed alone, and looks for each one's own", async () => {
    const first = [SHARED, tokenOf('ann', 'first token of ann'), tokenOf('bob', 'a token of bob')];
    const before = await look(first, ann);
    const renewed = first.with(1, tokenOf('ann', 'second token of ann'));
    const after = look(renewed, ann);
    expect((await after)?.searchers[0]).toBe(before?.searchers[0]);

    const text = `${renewed.map(({ value }) => value).join('; ')}; first token of ann`;
    expect(await namesIn(text, after)).toEqual(['db-password', 'sign-in.ann', 'sign-in.ann']);
    expect(await namesIn(text, look(renewed, bob))).toEqual(['db-password', 'sign-in.bob']);
    const other = look(renewed.with(0, { ...SHARED, value: 'another password' }), bob);
    expect(await namesIn(`another password; ${text}`, other)).toEqual([
      ...['db-password', 'db-password', 'sign-in.bob'],
    ]);
  });
});
