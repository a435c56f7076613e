import { describe, expect, test } from 'vitest';
import { err, ok } from '../../../src/core/primitives/result.ts';
import { CallSecrets } from '../../../src/tiers/wasm/call-secrets.ts';
import {
  type HttpGate,
  MAX_BODY_BYTES,
  MAX_REDIRECTS,
  sendForPlugin,
} from '../../../src/tiers/wasm/host-http.ts';
import type { HttpTarget } from '../../../src/tiers/wasm/http-target.ts';
import type { PluginRequest } from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';

type Handler = (request: Request) => Response | Promise<Response>;

interface Scene {
  /** What each URL answers; a missing one is unreachable. */
  readonly pages: Readonly<Record<string, Handler>>;
  /** Capabilities that are refused. */
  readonly denied?: readonly string[];
  /** Capabilities whose host is exempt. */
  readonly exempt?: readonly string[];
  readonly hasPrivateNetwork?: boolean;
}

const NO_SECRETS = new CallSecrets(undefined).sentThrough({
  reveal: async () => err('host_denied'),
  refuse: async () => err('host_denied'),
});

function sceneOf({ pages, denied = [], exempt = [], hasPrivateNetwork = true }: Scene) {
  const asked: string[] = [];
  const sent: { network: string; request: Request; body: string }[] = [];
  const networkOf = (network: string) => ({
    async fetch(input: RequestInfo | URL, init?: RequestInit) {
      const request = new Request(input, init);
      sent.push({ network, request, body: await request.clone().text() });
      const page = pages[request.url];
      if (page === undefined) throw new TypeError('Network connection lost');
      return page(request);
    },
  });
  const gate: HttpGate = {
    secrets: NO_SECRETS,
    async authorize({ capability }: HttpTarget) {
      asked.push(capability);
      if (denied.includes(capability)) return err('host_denied');
      return ok({ privateHost: exempt.includes(capability) });
    },
    publicNetwork: networkOf('public'),
    privateNetwork: hasPrivateNetwork ? networkOf('private') : undefined,
    signal: new AbortController().signal,
  };
  return { asked, sent, gate };
}

function get(url: string, changes: Partial<PluginRequest> = {}): PluginRequest {
  return { url, method: 'GET', headers: {}, body: new Uint8Array(0), ...changes };
}

const page: Handler = () => new Response('hello', { headers: { 'Content-Type': 'text/plain' } });
const to =
  (location: string, status = 302): Handler =>
  () =>
    new Response(null, { status, headers: { Location: location } });

const A = 'https://a.example.org/';
const B = 'https://b.example.org/';
const HTTPS_A = 'tool:network:http:a.example.org:443';
const HTTPS_B = 'tool:network:http:b.example.org:443';
const DENIED = { kind: 'ended', reason: 'host_denied' };

describe('sendForPlugin()', () => {
  test('asks, sends, and gives back status, headers, body and URL', async () => {
    const { asked, sent, gate } = sceneOf({ pages: { [A]: page } });
    const answer = await sendForPlugin(get(A, { headers: { Accept: 'text/plain' } }), gate);
    expect(answer).toMatchObject({ kind: 'response', status: 200, url: A });
    expect(answer).toMatchObject({ headers: { 'content-type': 'text/plain' } });
    expect(answer.kind === 'response' && new TextDecoder().decode(answer.body)).toBe('hello');
    expect(asked).toEqual([HTTPS_A]);
    expect(sent[0]?.request.headers.get('accept')).toBe('text/plain');
    expect(sent[0]?.request.redirect).toBe('manual');
  });

  test('neither takes an answer from a cache that others share nor leaves one there', async () => {
    const { sent, gate } = sceneOf({ pages: { [A]: to(B), [B]: page } });
    expect(await sendForPlugin(get(A), gate)).toMatchObject({ status: 200 });
    expect(sent.map(({ request }) => request.cache)).toEqual(['no-store', 'no-store']);
  });

  test('sends nothing without leave', async () => {
    const { sent, gate } = sceneOf({ pages: { [A]: page }, denied: [HTTPS_A] });
    expect(await sendForPlugin(get(A), gate)).toEqual(DENIED);
    expect(sent).toEqual([]);
  });

  test.each(['http://127.0.0.1.@x/', 'http://0x7f.1/', 'ftp://a.example.org/', 'nonsense'])(
    'refuses %j without asking',
    async (url) => {
      const { asked, gate } = sceneOf({ pages: {} });
      expect(await sendForPlugin(get(url), gate)).toEqual(DENIED);
      expect(asked).toEqual([]);
    },
  );

  test.each(['CONNECT', 'TRACE', 'PROPFIND', '', 'GET '])('sends no %j', async (method) => {
    const { sent, gate } = sceneOf({ pages: { [A]: page } });
    const answer = await sendForPlugin(get(A, { method }), gate);
    expect(answer).toEqual({ kind: 'unanswered', reason: 'method_not_allowed' });
    expect(sent).toEqual([]);
  });

  test('sends no header that is not allowed, and no body with GET', async () => {
    const { sent, gate } = sceneOf({ pages: { [A]: page } });
    expect(await sendForPlugin(get(A, { headers: { Host: 'b' } }), gate)).toMatchObject({
      reason: 'header_not_allowed',
    });
    expect(await sendForPlugin(get(A, { body: new Uint8Array(1) }), gate)).toMatchObject({
      reason: 'body_not_allowed',
    });
    expect(sent).toEqual([]);
  });

  test('waits no longer than the plugin wants to', async () => {
    const never: Handler = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { gate } = sceneOf({ pages: { [A]: never } });
    const answer = await sendForPlugin(get(A, { timeoutMs: 1 }), gate);
    expect(answer).toEqual({ kind: 'unanswered', reason: 'unreachable' });
  });

  test('follows no redirect where the plugin wants the first answer', async () => {
    const { asked, gate } = sceneOf({ pages: { [A]: to(B), [B]: page } });
    const answer = await sendForPlugin(get(A, { redirect: 'manual' }), gate);
    expect(answer).toMatchObject({ kind: 'response', status: 302, url: A });
    expect(asked).toEqual([HTTPS_A]);
  });

  test('says that a server could not be reached', async () => {
    const { gate } = sceneOf({ pages: {} });
    expect(await sendForPlugin(get(A), gate)).toEqual({
      kind: 'unanswered',
      reason: 'unreachable',
    });
  });

  test('takes a body up to its limit, both ways, and none beyond', async () => {
    const answering = (length: number) =>
      sceneOf({ pages: { [A]: () => new Response(new Uint8Array(length)) } });
    expect(await sendForPlugin(get(A), answering(MAX_BODY_BYTES).gate)).toMatchObject({
      kind: 'response',
    });
    expect(await sendForPlugin(get(A), answering(MAX_BODY_BYTES + 1).gate)).toEqual({
      kind: 'unanswered',
      reason: 'response_too_large',
    });
    const post = (length: number) => get(A, { method: 'POST', body: new Uint8Array(length) });
    expect(await sendForPlugin(post(MAX_BODY_BYTES), answering(0).gate)).toMatchObject({
      kind: 'response',
    });
    expect(await sendForPlugin(post(MAX_BODY_BYTES + 1), answering(0).gate)).toMatchObject({
      reason: 'request_too_large',
    });
  });

  test('stops reading an endless body', async () => {
    let cancelled = false;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
          cancel: () => {
            cancelled = true;
          },
        }),
      );
    const { gate } = sceneOf({ pages: { [A]: endless } });
    expect(await sendForPlugin(get(A), gate)).toMatchObject({ reason: 'response_too_large' });
    expect(cancelled).toBe(true);
  });

  test('refuses headers that are too long together', async () => {
    const many = (length: number) => () =>
      new Response('', { headers: { a: 'x'.repeat(length / 2), b: 'x'.repeat(length / 2) } });
    const few = sceneOf({ pages: { [A]: many(32_000) } });
    expect(await sendForPlugin(get(A), few.gate)).toMatchObject({ kind: 'response' });
    const long = sceneOf({ pages: { [A]: many(33_000) } });
    expect(await sendForPlugin(get(A), long.gate)).toMatchObject({ reason: 'response_too_large' });
  });
});

describe('redirects', () => {
  test('are followed by hand, each with leave of its own', async () => {
    const { asked, gate } = sceneOf({ pages: { [A]: to(B), [B]: to('/end'), [`${B}end`]: page } });
    expect(await sendForPlugin(get(A), gate)).toMatchObject({ status: 200, url: `${B}end` });
    expect(asked).toEqual([HTTPS_A, HTTPS_B, HTTPS_B]);
  });

  test('are not followed without leave', async () => {
    const { sent, gate } = sceneOf({ pages: { [A]: to(B), [B]: page }, denied: [HTTPS_B] });
    expect(await sendForPlugin(get(A), gate)).toEqual(DENIED);
    expect(sent).toHaveLength(1);
  });

  test.each([
    'http://127.0.0.1:8787/',
    'http://localhost/',
    'http://169.254.169.254/latest/meta-data',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://10.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://metadata.google.internal/',
    '//127.0.0.1/',
    'file:///etc/passwd',
    'ws://b.example.org/',
    'https://user:password@b.example.org/',
  ])('to %s are refused', async (location) => {
    const { sent, gate } = sceneOf({ pages: { [A]: to(location) } });
    expect(await sendForPlugin(get(A), gate)).toEqual(DENIED);
    expect(sent).toHaveLength(1);
  });

  test(`are followed ${MAX_REDIRECTS} times, and not once more`, async () => {
    const chain = (hops: number) =>
      Object.fromEntries(
        Array.from({ length: hops + 1 }, (_, hop) => [
          `${A}${hop}`,
          hop === hops ? page : to(`/${hop + 1}`),
        ]),
      );
    const enough = sceneOf({ pages: chain(MAX_REDIRECTS) });
    expect(await sendForPlugin(get(`${A}0`), enough.gate)).toMatchObject({ status: 200 });
    const tooMany = sceneOf({ pages: chain(MAX_REDIRECTS + 1) });
    expect(await sendForPlugin(get(`${A}0`), tooMany.gate)).toEqual({
      kind: 'unanswered',
      reason: 'too_many_redirects',
    });
    expect(tooMany.sent).toHaveLength(MAX_REDIRECTS + 1);
  });

  test('without a location are a response', async () => {
    const { gate } = sceneOf({ pages: { [A]: () => new Response('here', { status: 302 }) } });
    expect(await sendForPlugin(get(A), gate)).toMatchObject({ kind: 'response', status: 302 });
  });

  test('to nowhere have no answer', async () => {
    const { gate } = sceneOf({ pages: { [A]: to('https://[') } });
    expect(await sendForPlugin(get(A), gate)).toMatchObject({ reason: 'bad_redirect' });
  });

  test.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [301, 'PUT', 'PUT', 'abc'],
    [307, 'POST', 'POST', 'abc'],
    [308, 'POST', 'POST', 'abc'],
  ])('with %i turn %s into %s with the body %j', async (status, method, becomes, body) => {
    const { sent, gate } = sceneOf({ pages: { [A]: to(B, status), [B]: page } });
    const headers = { 'Content-Type': 'text/plain' };
    const bytes = new TextEncoder().encode('abc');
    await sendForPlugin(get(A, { method, headers, body: bytes }), gate);
    expect(sent[1]?.request.method).toBe(becomes);
    expect(sent[1]?.body).toBe(body);
    expect(sent[1]?.request.headers.get('content-type')).toBe(body === '' ? null : 'text/plain');
  });

  test('keep HEAD as it is', async () => {
    const { sent, gate } = sceneOf({ pages: { [A]: to(B, 303), [B]: () => new Response(null) } });
    await sendForPlugin(get(A, { method: 'HEAD' }), gate);
    expect(sent[1]?.request.method).toBe('HEAD');
  });

  test('keep credentials within the origin and drop them beyond, for good', async () => {
    const pages = { [A]: to('/2'), [`${A}2`]: to(B), [B]: to(`${A}3`), [`${A}3`]: page };
    const { sent, gate } = sceneOf({ pages });
    const headers = { Authorization: 'Bearer x', Cookie: 'a=b', 'X-Api-Key': 'k', Accept: '*/*' };
    await sendForPlugin(get(A, { headers }), gate);
    const has = (name: string) => sent.map(({ request }) => request.headers.has(name));
    expect(has('authorization')).toEqual([true, true, false, false]);
    expect(has('cookie')).toEqual([true, true, false, false]);
    expect(has('x-api-key')).toEqual([true, true, false, false]);
    expect(has('accept')).toEqual([true, true, true, true]);
  });

  test('to another port or scheme leave the origin', async () => {
    const other = 'https://a.example.org:8443/';
    const { sent, gate } = sceneOf({ pages: { [A]: to(other), [other]: page } });
    await sendForPlugin(get(A, { headers: { Authorization: 'Bearer x' } }), gate);
    expect(sent[1]?.request.headers.has('authorization')).toBe(false);
  });
});

describe('private hosts', () => {
  const LOCAL = 'http://127.0.0.1:9000/';
  const LOCAL_CAPABILITY = 'tool:network:http:127.0.0.1:9000';

  test('are refused even with leave, unless they are exempt', async () => {
    const { sent, gate } = sceneOf({ pages: { [LOCAL]: page } });
    expect(await sendForPlugin(get(LOCAL), gate)).toEqual(DENIED);
    expect(sent).toEqual([]);
  });

  test('are reached through the private network when they are exempt', async () => {
    const { sent, gate } = sceneOf({ pages: { [LOCAL]: page }, exempt: [LOCAL_CAPABILITY] });
    expect(await sendForPlugin(get(LOCAL), gate)).toMatchObject({ status: 200 });
    expect(sent.map(({ network }) => network)).toEqual(['private']);
  });

  test('are exempt with that very port alone', async () => {
    const { gate } = sceneOf({ pages: {}, exempt: [LOCAL_CAPABILITY] });
    expect(await sendForPlugin(get('http://127.0.0.1:9001/'), gate)).toEqual(DENIED);
  });

  test('are refused where the deployment has no private network', async () => {
    const scene = {
      pages: { [LOCAL]: page },
      exempt: [LOCAL_CAPABILITY],
      hasPrivateNetwork: false,
    };
    expect(await sendForPlugin(get(LOCAL), sceneOf(scene).gate)).toEqual(DENIED);
  });

  test('do not open the private network to what they redirect to', async () => {
    const scene = { pages: { [LOCAL]: to(A), [A]: page }, exempt: [LOCAL_CAPABILITY] };
    const { sent, gate } = sceneOf(scene);
    await sendForPlugin(get(LOCAL), gate);
    expect(sent.map(({ network }) => network)).toEqual(['private', 'public']);
  });
});
