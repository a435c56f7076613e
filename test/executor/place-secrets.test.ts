import { describe, expect, test } from 'vitest';
import type { CapabilityRules } from '../../src/core/capabilities/capability-set.ts';
import type { CapabilityPattern } from '../../src/core/capabilities/pattern.ts';
import type { GivenSecret } from '../../src/executor/given-secret.ts';
import { placeSecrets, tellPlaces } from '../../src/executor/place-secrets.ts';

const FILE: GivenSecret = {
  setting: 'token',
  name: 'api-token',
  value: 'value-in-a-file',
  hosts: ['a.example:443'],
  delivery: { as: 'file' },
};
const HEADER: GivenSecret = {
  setting: 'key',
  name: 'api-key',
  value: 'value-in-a-header',
  hosts: ['a.example:443', 'b.example:8443', '[2001:db8::1]:443'],
  delivery: { as: 'header', header: 'X-Key', prefix: 'Key ' },
};

const network = (...allow: string[]): CapabilityRules => ({
  allow: allow as CapabilityPattern[],
  deny: [],
});
const EVERYWHERE = network('tool:network:http:*', 'tool:network:websocket:*');

describe('placeSecrets()', () => {
  test('leaves a plugin without secrets its network', () => {
    expect(placeSecrets([], EVERYWHERE).network).toEqual(EVERYWHERE);
  });

  test('leaves one that reads a secret its hosts alone, of those that were granted', () => {
    const placed = placeSecrets([FILE], EVERYWHERE);
    expect(placed.network.allow).toEqual([
      'tool:network:http:a.example:443',
      'tool:network:websocket:a.example:443',
    ]);
    expect(placed.files).toEqual([{ name: 'token', bytes: Buffer.from('value-in-a-file') }]);
    const elsewhere = network('tool:network:http:b.example:443');
    expect(placeSecrets([FILE], elsewhere).network.allow).toEqual([]);
    const other = { ...FILE, setting: 'other', hosts: ['b.example:443'] };
    expect(placeSecrets([FILE, other], EVERYWHERE).network.allow).toEqual([]);
  });

  test('adds a header for each host that may be reached, and for no other', () => {
    const [first, second, third] = placeSecrets([HEADER], EVERYWHERE).injections;
    const header = { header: 'X-Key', value: 'Key value-in-a-header' };
    expect(first).toEqual({ name: 'key', upstream: { host: 'a.example', port: 443 }, ...header });
    expect(second).toMatchObject({ name: 'key.2', upstream: { host: 'b.example', port: 8443 } });
    expect(third).toMatchObject({ name: 'key.3', upstream: { host: '2001:db8::1', port: 443 } });
    const one = placeSecrets([HEADER], network('tool:network:http:b.example:8443')).injections;
    expect(one).toMatchObject([{ name: 'key', upstream: { host: 'b.example', port: 8443 } }]);
    expect(placeSecrets([HEADER], network('tool:network:websocket:*')).injections).toEqual([]);
    const denied = { allow: EVERYWHERE.allow, deny: network('tool:network:http:*').allow };
    expect(placeSecrets([HEADER], denied).injections).toEqual([]);
  });
});

describe('tellPlaces()', () => {
  test('tells where a secret is found, and leaves all other settings as they are', () => {
    const config = { key: { secret: 'api-key' }, token: { secret: 'api-token' }, place: 'Bern' };
    expect(tellPlaces(config, [FILE, HEADER], EVERYWHERE)).toEqual({
      key: { urls: { 'a.example:443': 'http://secrets.sallyport.internal/key' } },
      token: { file: '/run/secrets/token' },
      place: 'Bern',
    });
  });
});
