/** Hostile sources over HTTP: refused when they are uploaded, or ended when they run. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { installScript } from '../support/script-plugins.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});
afterAll(() => gateway?.dispose());

const healthy = async () => (await fetch(`${gateway.url}/health`)).ok;

describe('a source that is hard to compile', () => {
  test.each([
    ['names', Array.from({ length: 40_000 }, (_, n) => `let v${n};`).join('')],
    ['parentheses', '('.repeat(250_000)],
    ['a regular expression', `export const run = /${'(?:a|'.repeat(50_000)}${')'.repeat(50_000)}/`],
  ])('is refused, and others are answered: %s', async (_, source) => {
    const uploads = Promise.all(
      Array.from({ length: 4 }, (_, n) => installScript(gateway, `bomb-${n}`, source)),
    );
    const answers = await Promise.all(Array.from({ length: 5 }, healthy));
    expect(answers).toEqual([true, true, true, true, true]);
    for (const { status, body } of await uploads) {
      expect([status, body.code]).toEqual([422, 'wasm_rejected']);
    }
  });
});

describe('a tool that means harm', () => {
  test.each([
    ['loops', 'for (;;);', 'fuel'],
    ['floods promises', 'const f = () => Promise.resolve().then(f); return f()', 'fuel'],
    ['backtracks', 'return /^(a+)+$/.test("a".repeat(40) + "b")', 'fuel'],
    ['recurses', 'return run()', 'stack'],
    ['hoards', 'const a = []; for (;;) a.push(new Uint8Array(1e5))', 'memory'],
    ['hoards text', 'return "x".repeat(2 ** 29)', 'memory'],
    ['throws', 'throw new Error("secret-in-an-error")', 'plugin_error'],
    ['makes code', 'return eval("1")', 'plugin_error'],
    ['says too much', 'return "x".repeat(2e6)', 'output_too_large'],
    ['reaches out', 'return fetch("http://169.254.169.254/latest").text()', 'host_denied'],
  ])('ends with its reason: it %s', async (what, body, reason) => {
    const name = `harm-${what.replaceAll(' ', '-')}`;
    const source = `import { fetch } from "sallyport:http";\nexport function run() { ${body} }`;
    const capabilities = ['tool:network:http:example.com:443'];
    expect((await installScript(gateway, name, source, { capabilities })).status).toBe(201);
    const calls = Promise.all(
      [1, 2].map(() => api.post(`/v1/tools/${name}/call`, { arguments: {} })),
    );
    expect(await healthy()).toBe(true);
    for (const answer of await calls) {
      expect([answer.status, answer.body.reason]).toEqual([403, reason]);
      expect(JSON.stringify(answer.body)).not.toContain('secret-in-an-error');
    }
  });

  test('leaves nothing of what it said in what the gateway prints', () => {
    expect(gateway.log()).not.toContain('secret-in-an-error');
  });
});
