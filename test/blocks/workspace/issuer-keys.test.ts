import { describe, expect, test } from 'vitest';
import { fetchKeys } from '../../../src/blocks/workspace/fetch-issuer.ts';
import { IssuerKeys } from '../../../src/blocks/workspace/issuer-keys.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';

const MINUTE = 60_000;
const place = { issuer: 'https://login.example.com', privateHosts: [] };
const keyOf = (kid: string): JsonObject => ({ kty: 'OKP', crv: 'Ed25519', x: 'AA', kid });

/** An issuer that says how often it was asked, and whose clock stands still. */
function issuer() {
  const stand = {
    at: 1_000_000_000_000,
    asked: 0,
    keys: [keyOf('a')] as readonly JsonObject[] | undefined,
    hold: Promise.resolve(),
  };
  const fetch = async () => {
    stand.asked += 1;
    await stand.hold;
    return stand.keys;
  };
  return { stand, keys: new IssuerKeys(fetch, () => stand.at) };
}

describe('IssuerKeys', () => {
  test('asks once, for all who come meanwhile, and again after ten minutes', async () => {
    const { stand, keys } = issuer();
    const { promise, resolve } = Promise.withResolvers<void>();
    stand.hold = promise;
    const answers = Array.from({ length: 20 }, () => keys.of(place, 'a'));
    resolve();
    for (const answer of await Promise.all(answers)) expect(answer.keys).toHaveLength(1);
    stand.at += 10 * MINUTE - 1;
    await keys.of(place, 'a');
    expect(stand.asked).toBe(1);
    stand.at += 1;
    await keys.of(place, 'a');
    expect(stand.asked).toBe(2);
  });

  test('asks for a key that it does not know, four times and then each 30 seconds', async () => {
    const { stand, keys } = issuer();
    for (let unknown = 0; unknown < 50; unknown++) await keys.of(place, `unknown-${unknown}`);
    expect(stand.asked).toBe(4);
    stand.at += 30_000 - 1;
    await keys.of(place, 'b');
    expect(stand.asked).toBe(4);
    stand.at += 1;
    stand.keys = [keyOf('b')];
    expect(await keys.of(place, 'b')).toEqual({ keys: [keyOf('b')] });
    expect(stand.asked).toBe(5);
  });

  test('goes by what it knows for an hour while the issuer is gone, and then by nothing', async () => {
    const { stand, keys } = issuer();
    await keys.of(place);
    stand.keys = undefined;
    stand.at += 60 * MINUTE - 1;
    expect((await keys.of(place)).keys).toHaveLength(1);
    stand.at += 1;
    expect(await keys.of(place)).toEqual({ retryAfterMs: 1_000 });
  });

  test('says when it will ask again', async () => {
    const { stand, keys } = issuer();
    stand.keys = undefined;
    for (let request = 0; request < 4; request++) await keys.of(place);
    expect(await keys.of(place)).toEqual({ retryAfterMs: 30_000 });
    stand.at += 29_000;
    expect(await keys.of(place)).toEqual({ retryAfterMs: 1_000 });
    expect(stand.asked).toBe(4);
  });

  test('forgets who is trusted no more, and what was fetched under other exemptions', async () => {
    const { stand, keys } = issuer();
    await keys.of(place);
    keys.keepOnly([place]);
    await keys.of(place);
    expect(stand.asked).toBe(1);
    keys.keepOnly([{ ...place, privateHosts: ['10.0.0.1:443'] }]);
    await keys.of(place);
    expect(stand.asked).toBe(2);
  });
});

describe('fetchKeys()', () => {
  const DISCOVERY = `${place.issuer}/.well-known/openid-configuration`;
  const JWKS = 'https://keys.example.com/jwks';
  const documents: Record<string, unknown> = {
    [DISCOVERY]: { issuer: place.issuer, jwks_uri: JWKS },
    [JWKS]: { keys: [keyOf('a')] },
  };
  const asked: string[] = [];
  const network = (change: Record<string, unknown> = {}) => ({
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
      asked.push(String(input));
      expect(init?.redirect).toBe('manual');
      const answer = { ...documents, ...change }[String(input)];
      if (answer instanceof Error) throw answer;
      return answer instanceof Response ? answer : Response.json(answer);
    },
  });
  const fetch = (change?: Record<string, unknown>) =>
    fetchKeys({ PUBLIC_NETWORK: network(change) }, place);

  test('finds them by the discovery document, wherever its keys are', async () => {
    expect(await fetch()).toEqual([keyOf('a')]);
    const slash = { ...place, issuer: `${place.issuer}/` };
    const change = { [DISCOVERY]: { issuer: slash.issuer, jwks_uri: JWKS } };
    expect(await fetchKeys({ PUBLIC_NETWORK: network(change) }, slash)).toHaveLength(1);
  });

  const endless = () =>
    new Response(
      new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(65_536).fill(32)) }),
    );

  test.each<[string, () => Record<string, unknown>]>([
    ['speaks of another issuer', () => ({ [DISCOVERY]: { issuer: 'x', jwks_uri: JWKS } })],
    ['names no keys', () => ({ [DISCOVERY]: { issuer: place.issuer } })],
    ['redirects', () => ({ [DISCOVERY]: Response.redirect('https://elsewhere.example.com') })],
    ['fails', () => ({ [JWKS]: new Response('{"keys":[]}', { status: 500 }) })],
    ['cannot be reached', () => ({ [JWKS]: new Error('refused') })],
    ['says no JSON', () => ({ [JWKS]: new Response('<html>') })],
    ['says no text', () => ({ [JWKS]: new Response(new Uint8Array([0xff, 0xfe])) })],
    ['never ends', () => ({ [JWKS]: endless() })],
    ['says too much', () => ({ [JWKS]: new Response(`${' '.repeat(131_072)}{}`) })],
  ])('finds none where the issuer %s', async (_, change) => {
    expect(await fetch(change())).toBeUndefined();
  });

  test('waits only so long for the last byte', async () => {
    const silent = {
      fetch: (_: RequestInfo | URL, init?: RequestInit) =>
        new Promise<Response>((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    };
    expect(await fetchKeys({ PUBLIC_NETWORK: silent }, place, 50)).toBeUndefined();
  });

  test.each([
    'http://keys.example.com/jwks',
    'https://127.0.0.1/jwks',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/jwks',
    'https://2130706433/jwks',
    'https://user@keys.example.com/jwks',
    'file:///etc/passwd',
    'data:application/json,{"keys":[]}',
    '/jwks',
  ])('asks nobody at %s', async (uri) => {
    asked.length = 0;
    const change = { [DISCOVERY]: { issuer: place.issuer, jwks_uri: uri } };
    const networks = { PUBLIC_NETWORK: network(change), PRIVATE_NETWORK: network(change) };
    expect(await fetchKeys(networks, place)).toBeUndefined();
    expect(asked).toEqual([DISCOVERY]);
  });

  test('reaches a private host that the policy names, and by the private network alone', async () => {
    const issuerAt = 'http://10.0.0.1:8080/realm';
    const change = {
      [`${issuerAt}/.well-known/openid-configuration`]: {
        issuer: issuerAt,
        jwks_uri: 'http://10.0.0.1:8080/keys',
      },
      'http://10.0.0.1:8080/keys': { keys: [keyOf('b')] },
    };
    const networks = { PUBLIC_NETWORK: network(), PRIVATE_NETWORK: network(change) };
    const exempt = { issuer: issuerAt, privateHosts: ['10.0.0.1:8080'] };
    expect(await fetchKeys(networks, exempt)).toEqual([keyOf('b')]);
    expect(await fetchKeys({ PUBLIC_NETWORK: network(change) }, exempt)).toBeUndefined();
    expect(await fetchKeys(networks, { ...exempt, privateHosts: [] })).toBeUndefined();
  });
});
