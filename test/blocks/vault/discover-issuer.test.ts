/** Where strangers may have the vault led when somebody signs in. */

import { describe, expect, test } from 'vitest';
import type { Network } from '../../../src/blocks/kit/networks.ts';
import { discoverIssuer } from '../../../src/blocks/vault/discover-issuer.ts';
import { Outside } from '../../../src/blocks/vault/outside.ts';

const INSIDE = 'http://10.0.0.1:8080';
const PUBLIC = 'https://auth.example.com';

/** A server at `server` whose issuer is `issuer`, with its endpoints at `endpoints`. */
function strangers(server: string, issuer: string, endpoints = issuer) {
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
  const outside = new Outside(networks, ['10.0.0.1:8080']);
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
});
