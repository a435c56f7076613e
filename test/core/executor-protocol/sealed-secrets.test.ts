import { describe, expect, test } from 'vitest';
import {
  type CallSecret,
  parseCallSecrets,
  sealingKeyText,
} from '../../../src/core/executor-protocol/sealed-secrets.ts';
import { MAX_SECRET_BYTES, MAX_SECRET_HOSTS } from '../../../src/core/vault/secret.ts';

const SECRET: CallSecret = {
  ...{ setting: 's'.repeat(256), name: 'weather-key', value: 'v'.repeat(MAX_SECRET_BYTES) },
  hosts: Array(MAX_SECRET_HOSTS).fill('[2001:db8::1]:443'),
};
const read = (...secrets: object[]) => parseCallSecrets(JSON.stringify(secrets));

describe('parseCallSecrets()', () => {
  test('reads as many as a call may have, each as long as it may be', () => {
    const most = Array<CallSecret>(16).fill(SECRET);
    expect(read(...most)).toEqual(most);
    expect(read(...most, SECRET)).toBeUndefined();
    expect(read()).toEqual([]);
  });

  test.each([
    ['no setting', { setting: '' }],
    ['a longer setting', { setting: 's'.repeat(257) }],
    ['a name that is none', { name: 'Weather_Key' }],
    ['no value', { value: '' }],
    ['a longer value', { value: 'v'.repeat(MAX_SECRET_BYTES + 1) }],
    ['a host without a port', { hosts: ['api.example'] }],
    ['more hosts', { hosts: Array(MAX_SECRET_HOSTS + 1).fill('api.example:443') }],
    ['more than it may', { everywhere: true }],
  ])('reads none with %s', (_, changes) => {
    expect(read({ ...SECRET, ...changes })).toBeUndefined();
  });

  test.each(['', '{}', 'null', '[{'])('reads none in %j', (text) => {
    expect(parseCallSecrets(text)).toBeUndefined();
  });
});

test('sealingKeyText() names its purpose, the node and the key', () => {
  const [purpose, ...parts] = sealingKeyText('node', 'key').split('\n');
  expect(purpose).toContain('sealing key');
  expect(parts).toEqual(['node', 'key']);
});
