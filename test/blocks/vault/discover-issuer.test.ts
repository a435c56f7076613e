/** Where strangers may have the vault led when somebody signs in. */

import { describe, expect, test } from 'vitest';
import type { Network } from '../../../src/blocks/kit/networks.ts';
import { discoverIssuer } from '../../../src/blocks/vault/discover-issuer.ts';
import { Outside } from '../../../src/blocks/vault/outside.ts';
import { expandDenies, expandGrants } from '../../../src/core/capabilities/expand.ts';

const INSIDE = 'http://10.0.0.1:8080';
const PUBLIC = 'https://auth.example.com';

/** Allows every host, but for what is denied. */
function rulesOf(deny: readonly string[]) {
  const allow = expandGrants(['tool:network:http']).patterns;
  return { allow, deny: expandDenies(deny).patterns, privateHosts: ['10.0.0.1:8080'] };
}

/** A server at `server` whose issuer is `issuer`, with its endpoints at `endpoints`. */
function strangers(server: string, issuer: string, endpoints = issuer, deny: string[] = []) {
  const asked: string[] = [];
  const pages: Record<string, unknown> = {
    [`${server}/.well-known/oauth-protected-resource`]: {
      resource: `${server}/`,
      authorization_servers: [issuer],
    },
    [`${issuer}/.well-known/oauth-authorization-server`]: {
      ...{ issuer, authorization_endpoint: `${PUBLIC}/authorize` },
      ...{ token_endpoint: `${endpoints}/token`, code_challenge_methods_supported: ['S256'] },
    },
  };
  const network: Network = {
    fetch: async (input) => {
      const url = String(input);
      asked.push(url);
      return url in pages ? Response.json(pages[url]) : new Response(null, { status: 401 });
    },
  };
  const networks = { PUBLIC_NETWORK: network, PRIVATE_NETWORK: network };
  const outside = new Outside(networks, rulesOf(deny));
  const discover = (pinned?: string) =>
    discoverIssuer(outside, { server: `${server}/`, ...(pinned && { issuer: pinned }) });
  return { asked, discover };
}

describe('discoverIssuer()', () => {
  test('is led to no private host by a server in public, though policy exempts that host', async () => {
    const { asked, discover } = strangers('https://mcp.example.com', INSIDE);
    expect(await discover()).toEqual({ ok: false, error: 'address_refused' });
    expect(asked.filter((url) => url.startsWith(INSIDE))).toEqual([]);
    expect(await discover(INSIDE)).toMatchObject({ ok: true });
  });

  test('is led to no private host by an issuer in public, whoever has named that', async () => {
    const { discover } = strangers('https://mcp.example.com', PUBLIC, INSIDE);
    expect(await discover()).toEqual({ ok: false, error: 'address_refused' });
    expect(await discover(PUBLIC)).toEqual({ ok: false, error: 'address_refused' });
  });

  test('goes wherever policy lets it from a private server', async () => {
    expect(await strangers(INSIDE, INSIDE).discover()).toMatchObject({ ok: true });
    expect(await strangers(INSIDE, PUBLIC).discover()).toMatchObject({ ok: true });
  });

  test.each([
    ['the server', 'tool:network:http:mcp.example.com'],
    ['its issuer', 'tool:network:http:auth.example.com:443'],
    ['any host', 'tool:network:http'],
  ])('asks nothing of %s where policy denies that', async (_, denied) => {
    const { asked, discover } = strangers('https://mcp.example.com', PUBLIC, PUBLIC, [denied]);
    expect(await discover()).toEqual({ ok: false, error: 'host_denied' });
    const isDenied = (url: string) => denied.includes(new URL(url).hostname);
    expect(asked.filter(isDenied)).toEqual([]);
  });

  test('sends nobody to an endpoint that policy denies, wherever the issuer is', async () => {
    const elsewhere = 'https://tokens.example.com';
    const denied = ['tool:network:http:tokens.example.com:443'];
    const { discover } = strangers('https://mcp.example.com', PUBLIC, elsewhere, denied);
    expect(await discover()).toEqual({ ok: false, error: 'host_denied' });
    const allowed = strangers('https://mcp.example.com', PUBLIC, elsewhere);
    expect(await allowed.discover()).toMatchObject({ ok: true });
  });
});

test('asks nobody once its time is up: what may be said once only is not said for nobody', async () => {
  const asked: string[] = [];
  const network: Network = {
    fetch: async (input) => {
      asked.push(String(input));
      return Response.json({ access_token: 'granted' });
    },
  };
  const networks = { PUBLIC_NETWORK: network, PRIVATE_NETWORK: network };
  const redeem = (until: number) =>
    new Outside(networks, rulesOf([]), until).postForm(`${PUBLIC}/token`, { code: 'single-use' });
  expect(await redeem(Date.now())).toBeUndefined();
  expect(asked).toEqual([]);
  expect(await redeem(Date.now() + 60_000)).toMatchObject({ status: 200 });
  expect(asked).toEqual([`${PUBLIC}/token`]);
});
