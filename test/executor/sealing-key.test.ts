import { describe, expect, test } from 'vitest';
import { sealingKeyText } from '../../src/core/executor-protocol/sealed-secrets.ts';
import { hasGatewaySigned, makeKey } from '../../src/executor/identity.ts';
import { createSealingKey } from '../../src/executor/sealing-key.ts';
import { sha256Text } from '../../src/executor/sha256.ts';
import { sealSecrets } from '../../src/tiers/executor/seal-secrets.ts';

const NODE = 'node_a';
const SECRETS = [
  { setting: 'key', name: 'api-key', value: 'välue-of-it', hosts: ['a.example:443'] },
];

describe('createSealingKey()', () => {
  const identity = { node: NODE, ...makeKey() };
  const own = createSealingKey(identity);

  test('opens what was sealed for it under the same ticket, also in its next life', async () => {
    const sealed = await sealSecrets(SECRETS, own.offer.key, 'ticket');
    expect(await own.open(sealed, sha256Text('ticket'))).toEqual(SECRETS);
    expect(await createSealingKey(identity).open(sealed, sha256Text('ticket'))).toEqual(SECRETS);
  });

  test('opens nothing of another ticket, for another node, altered, or in the clear', async () => {
    const sealed = await sealSecrets(SECRETS, own.offer.key, 'ticket');
    const hash = sha256Text('ticket');
    expect(await own.open(sealed, sha256Text('other'))).toBeUndefined();
    const other = createSealingKey({ node: NODE, ...makeKey() });
    expect(await other.open(sealed, hash)).toBeUndefined();
    const [head = '', ...rest] = sealed.split('.');
    const altered = Buffer.from(
      Buffer.from(head, 'base64url').toString().replace(hash, sha256Text('other')),
    ).toString('base64url');
    expect(await own.open([altered, ...rest].join('.'), sha256Text('other'))).toBeUndefined();
    expect(await own.open(JSON.stringify(SECRETS), hash)).toBeUndefined();
  });

  test('is offered under the signature of the key that the node is known by', () => {
    const { key, signature } = own.offer;
    expect(hasGatewaySigned(identity.publicKey, sealingKeyText(NODE, key), signature)).toBe(true);
    expect(hasGatewaySigned(identity.publicKey, sealingKeyText('node_b', key), signature)).toBe(
      false,
    );
  });
});
