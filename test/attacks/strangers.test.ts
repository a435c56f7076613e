/** Requests without a live credential: how many one source address gets an answer to. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callApi } from '../support/api.ts';
import { standardWebhook, WEBHOOK_CREDENTIALS } from '../support/channel-webhooks.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

/** Requests without a live credential that one source may send at once, and in a minute. */
const ALLOWED = 120;

let behind: Gateway;
let alone: Gateway;

beforeAll(async () => {
  const env = { SALLYPORT_BEHIND_CLOUDFLARE: 'true' };
  [behind, alone] = await Promise.all([
    startGateway({ examples: false, env }),
    startGateway({ examples: false }),
  ]);
});
afterAll(async () => {
  await behind?.dispose();
  await alone?.dispose();
});

type Headers = Readonly<Record<string, string>>;

const guess = (gateway: Gateway, headers: Headers, path = '/v1/tools') =>
  fetch(gateway.url + path, { headers: { Authorization: 'Bearer guessed', ...headers } });

/** The statuses of so many guesses, without repetition. */
async function guessOften(gateway: Gateway, headersOf: (guess: number) => Headers, times: number) {
  const answers = Array.from({ length: times }, (_, index) => guess(gateway, headersOf(index)));
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  return [...new Set(statuses)].toSorted();
}

const from = (address: string) => () => ({ 'CF-Connecting-IP': address });
const MORE_THAN_ALLOWED = ALLOWED + 60;

describe('a stranger behind Cloudflare', () => {
  test('is told to wait after so many requests, public ones too, and others are not', async () => {
    const noisy = from('192.0.2.1');
    expect(await guessOften(behind, noisy, ALLOWED)).toEqual([401]);
    expect(await guessOften(behind, noisy, 60)).toContain(429);
    const answers = Array.from({ length: 60 }, () => guess(behind, noisy(), '/health'));
    const refused = (await Promise.all(answers)).find(({ status }) => status === 429);
    expect(refused?.headers.get('Retry-After')).toBe('1');
    expect((await guess(behind, from('192.0.2.2')())).status).toBe(401);
  });

  test('does not keep out who has a live credential and shares his address', async () => {
    await guessOften(behind, from('192.0.2.3'), MORE_THAN_ALLOWED);
    const api = callApi(behind);
    const answer = await api.get('/v1/tools', { 'CF-Connecting-IP': '192.0.2.3' });
    expect(answer.status).toBe(200);
  });

  test('does not keep out a platform that signs its webhooks, and shares his address', async () => {
    const credentials = WEBHOOK_CREDENTIALS;
    const channel = { name: 'shop', platform: 'webhook', access: { mode: 'open' } };
    const { body } = await callApi(behind).post('/v1/channels', {
      ...{ ...channel, capabilities: [], credentials, apiBase: 'https://chat.example' },
    });
    const signed = standardWebhook({ id: 'msg_1', text: 'hello' });
    const deliver = (headers: Headers) =>
      fetch(behind.url + body.webhook, {
        method: 'POST',
        body: signed.body,
        headers: { ...headers, ...from('192.0.2.5')() },
      });
    const statuses = async (headers: Headers) => {
      const answers = Array.from({ length: MORE_THAN_ALLOWED }, () => deliver(headers));
      return [...new Set((await Promise.all(answers)).map(({ status }) => status))].toSorted();
    };
    expect(await statuses({ ...signed.headers, 'webhook-signature': 'v1,guessed' })).toEqual([
      401, 429,
    ]);
    expect(await statuses(signed.headers)).toEqual([200]);
  });

  test('is one source with all addresses of his IPv6 network, however they are written', async () => {
    const headersOf = (index: number) => ({
      'CF-Connecting-IP': `2001:db8::${(index + 1).toString(16)}`,
    });
    expect(await guessOften(behind, headersOf, MORE_THAN_ALLOWED)).toContain(429);
    expect(await guessOften(behind, from('2001:0DB8:0:0:1:2:3:4'), 60)).toContain(429);
    expect((await guess(behind, from('2001:db8:0:1::1')())).status).toBe(401);
  });

  test('gains nothing by headers that he can write himself', async () => {
    const forged = (index: number) => ({
      'CF-Connecting-IP': '192.0.2.4',
      'X-Forwarded-For': `198.51.100.${index}`,
      'X-Real-IP': `198.51.100.${index}`,
      'True-Client-IP': `198.51.100.${index}`,
      Forwarded: `for=198.51.100.${index}`,
    });
    expect(await guessOften(behind, forged, MORE_THAN_ALLOWED)).toContain(429);
  });
});

describe('the origins of a token', () => {
  const issueFrom = async (gateway: Gateway, headers: Headers) => {
    const root = callApi(gateway);
    const subject = { kind: 'service', id: 'worker' };
    const { body } = await root.post('/v1/tokens', { subject, grants: ['system:config:read'] });
    await fetch(`${gateway.url}/v1/tools`, {
      headers: { Authorization: `Bearer ${body.token}`, 'User-Agent': 'curl/8.9', ...headers },
    });
    const { tokens } = (await root.get('/v1/tokens')).body;
    return tokens.find(({ id }: { id: string }) => id === body.id);
  };
  const forged = { 'X-Forwarded-For': '198.51.100.7', 'X-Real-IP': '198.51.100.7' };

  test('are what the platform says, never what a client does', async () => {
    const token = await issueFrom(behind, { 'CF-Connecting-IP': '192.0.2.9', ...forged });
    expect(token.origins).toMatchObject([{ source: '192.0.2.9', client: 'curl' }]);
    expect(token.lastUsedAt).toBeGreaterThanOrEqual(token.createdAt);
  });

  test('have no address where nobody can tell', async () => {
    const token = await issueFrom(alone, { 'CF-Connecting-IP': '192.0.2.9', ...forged });
    expect(token.origins).toEqual([
      { client: 'curl', firstAt: expect.any(Number), lastAt: expect.any(Number) },
    ]);
  });
});

describe('a gateway that is not behind Cloudflare', () => {
  test('believes no header: nobody can use up the requests of another address', async () => {
    expect(await guessOften(alone, from('192.0.2.1'), MORE_THAN_ALLOWED)).toEqual([401]);
  });
});
