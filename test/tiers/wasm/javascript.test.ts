/** Plugins in JavaScript: what they are given, what they give back, and what one call leaves behind. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PluginAnswer } from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import { ScriptedHost } from '../support/scripted-host.ts';
import { load, runScript, tool } from '../support/scripts.ts';

/** The output of a tool with this body. */
const outputOf = async (body: string, head?: string) => {
  const report = await runScript(tool(body, head));
  expect(report).toMatchObject({ end: 'ok' });
  return report.output;
};

describe('a tool in JavaScript', () => {
  test('gets its arguments as a value', async () => {
    const report = await runScript(
      'export function run({ text, list: [, second] }) { return text + " " + second }',
      { input: '{"text":"héllo 😀","list":[1,"two"]}' },
    );
    expect(report).toMatchObject({ end: 'ok', output: 'héllo 😀 two' });
    expect(report.fuel).toBeGreaterThan(0);
  });

  test('gets and gives any JSON as it is', async () => {
    const source = 'export const run = ({ value }) => ({ value })';
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
        const input = JSON.stringify({ value });
        const { output } = await runScript(source, { input });
        expect(output).toBe(JSON.stringify(JSON.parse(input)));
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    ['an object', 'return { a: [1, null], b: "ü" }', '{"a":[1,null],"b":"ü"}'],
    ['text as it is', 'return "plain \\u0000 text"', 'plain \u0000 text'],
    ['a number', 'return 1.5', '1.5'],
    ['null', 'return null', 'null'],
    ['nothing', '', ''],
    ['what is left of a lone surrogate', 'return "a\\ud800b"', 'a\ufffdb'],
  ])('may return %s', async (_, body, output) => {
    expect(await outputOf(body)).toBe(output);
  });

  test('may be asynchronous', async () => {
    const source = `
      const later = (value) => Promise.resolve().then(() => value);
      export async function run() {
        const parts = await Promise.all([later("a"), later("b")]);
        for await (const part of (async function* () { yield "c" })()) parts.push(part);
        queueMicrotask(() => parts.push("d"));
        await null; await null;
        return parts.join("");
      }`;
    expect(await runScript(source)).toMatchObject({ end: 'ok', output: 'abcd' });
  });

  test('is chosen by its name among the exports', async () => {
    const source = 'export function a() { return "A" }\nexport const b = async () => "B";';
    expect(await runScript(source, { entry: 'a' })).toMatchObject({ output: 'A' });
    expect(await runScript(source, { entry: 'b' })).toMatchObject({ output: 'B' });
  });

  test('finds the language of today', async () => {
    const body = `
      using held = { [Symbol.dispose]() {} };
      const groups = Object.groupBy([1, 2, 3], (n) => (n % 2 ? "odd" : "even"));
      return [groups.odd, [3, 1].toSorted(), 2n ** 64n + "", /(?<y>\\d{4})/v.exec("in 2026").groups.y,
        new Set([1]).union(new Set([2])).size, structured()];
      function structured() { try { null.x } catch { return "caught" } }`;
    expect(JSON.parse(await outputOf(body))).toEqual([
      ...[[1, 3], [1, 3], '18446744073709551616', '2026', 2, 'caught'],
    ]);
  });

  test('has text encoding, and no network, timers or files', async () => {
    const coded = 'new TextDecoder().decode(new TextEncoder().encode("é😀\\ud800"))';
    expect(await outputOf(`return ${coded}`)).toBe('é😀\ufffd');
    const fatal = 'new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([255]))';
    expect(await outputOf(`try { ${fatal} } catch (e) { return e.message }`)).toContain('UTF-8');
    const names = ['fetch', 'setTimeout', 'process', 'require', 'WebAssembly', 'navigator', 'self'];
    expect(await outputOf(`return ${JSON.stringify(names)}.filter((n) => n in globalThis)`)).toBe(
      '[]',
    );
  });

  test('fails with what it threw in its log, and none of it in its output', async () => {
    const report = await runScript('export function run() {\n  throw new TypeError("so bad");\n}');
    expect(report).toMatchObject({ end: 'plugin_error', output: '' });
    const [line] = report.logged?.lines ?? [];
    expect(line).toMatchObject({ level: 'error' });
    expect(line?.text).toMatch(/^TypeError: so bad\n\s+at run \(plugin\.js:2:/);
  });

  test('marks where it cuts what it threw', async () => {
    const { logged } = await runScript(tool('throw new Error("x".repeat(2_100))'));
    expect(logged?.lines[0]?.text).toBe(`Error: ${'x'.repeat(2_048 - 'Error: '.length)} [cut]`);
  });

  test.each([
    ['is no function', 'export const run = 5', 'must be a function'],
    ['is not there', 'export const other = 5', 'must be a function'],
    ['returns what JSON cannot hold', tool('return () => 1'), 'JSON can hold'],
    ['throws no error', tool('throw { a: 1 }'), '[object Object]'],
    ['returns a circle', tool('const o = {}; o.o = o; return o'), 'circular'],
    ['waits for ever', tool('return new Promise(() => {})'), 'waits for what will never come'],
  ])('is an error of the plugin if it %s', async (_, source, text) => {
    const report = await runScript(source);
    expect(report.end).toBe('plugin_error');
    expect(report.logged?.lines[0]?.text).toContain(text);
  });

  test('writes no more than allowed', async () => {
    const source = 'export function run({ length }) { return "ab".repeat(length / 2) }';
    const limits = { maxOutputBytes: 1_000 };
    const run = (length: number) => runScript(source, { input: `{"length":${length}}`, limits });
    expect((await run(1_000)).output).toHaveLength(1_000);
    expect(await run(1_002)).toMatchObject({ end: 'output_too_large', output: '' });
  });
});

describe('what a call leaves behind', () => {
  test('is nothing that the next call could see', async () => {
    const source = `
      let calls = 0;
      export function run() {
        calls += 1; globalThis.seen = (globalThis.seen ?? 0) + 1; Array.prototype.mark = 1;
        return [calls, seen];
      }`;
    for (let call = 0; call < 3; call++) {
      expect(await runScript(source)).toMatchObject({ output: '[1,1]' });
    }
  });

  test('is nothing where the call before ended badly either', async () => {
    const source = `
      const held = [];
      export function run({ end }) {
        held.push(end);
        if (end === "fuel") for (;;);
        if (end === "stack") run({ end });
        return held;
      }`;
    for (const end of ['fuel', 'ok', 'stack', 'ok']) {
      expect((await runScript(source, { input: `{"end":"${end}"}` })).end).toBe(end);
    }
    expect((await runScript(source, { input: '{"end":"ok"}' })).output).toBe('["ok"]');
  });

  test('is the same fuel, whichever call came first, and however often', async () => {
    const body = 'return JSON.stringify(args).length + Math.random() + Date.now()';
    const sources = [tool(body, '// first'), tool(body, '// again')];
    const inputs = ['{"a":1}', '{"long":"text"}'];
    const costs = new Map<string, Set<string>>();
    for (const [source, order] of [
      [sources[0] ?? '', inputs],
      [sources[1] ?? '', inputs.toReversed()],
    ] as const) {
      for (const input of [...order, ...order]) {
        const { fuel, output } = await runScript(source, { input });
        const seen = costs.get(input) ?? new Set();
        costs.set(input, seen.add(`${fuel} ${output}`));
      }
    }
    expect([...costs.values()].map(({ size }) => size)).toEqual([1, 1]);
  });
});

describe('the top level of a module', () => {
  test('runs once, and each call pays for it', async () => {
    const head = 'let n = 0; for (let i = 0; i < 2000; i++) n += i;';
    const light = await runScript(tool('return 0', 'let n = 0;'));
    const heavy = [
      await runScript(tool('return 0', head)),
      await runScript(tool('return 0', head)),
    ];
    expect(heavy[0]?.fuel).toBe(heavy[1]?.fuel);
    expect(heavy[0]?.fuel).toBeGreaterThan(light.fuel + 100_000);
  });

  test('may wait for itself, and not for ever', async () => {
    expect(await outputOf('return top', 'const top = await Promise.resolve("up");')).toBe('up');
    const report = await runScript(tool('return 1', 'await new Promise(() => {});'));
    expect(report.end).toBe('plugin_error');
  });

  test.each([
    ['throws', 'throw new Error("early");', 'plugin_error'],
    ['does not end', 'for (;;);', 'fuel'],
    ['recurses', '(function f() { f() })();', 'stack'],
    ['hoards', 'const a = []; for (;;) a.push(new Uint8Array(100000));', 'memory'],
  ] as const)('that %s ends every call alike', async (_, head, end) => {
    const first = await runScript(tool('return 1', head));
    expect(first.end).toBe(end);
    expect(await runScript(tool('return 1', head))).toEqual(first);
  });

  test('knows no clock, chance or settings, even where calls are granted them', async () => {
    const head = `
      import { config } from "sallyport:config";
      const at = Date.now(), chance = Math.random();
      let refused; try { config.get("a") } catch (e) { refused = e.message }`;
    const granted = { limits: { clock: true, randomness: true }, config: { a: '1' } };
    const source = tool('return [at, chance, refused, Date.now() > at, config.get("a")]', head);
    const [first, again] = [await runScript(source, granted), await runScript(source, granted)];
    const [at, chance, refused, ticks, setting] = JSON.parse(first.output);
    expect(JSON.parse(again.output).slice(0, 2)).toEqual([at, chance]);
    expect([refused, ticks, setting]).toEqual([
      ...['Cannot use config before a tool is called', true, '1'],
    ]);
  });
});

describe('clock and chance', () => {
  const source = tool(
    'return [Date.now(), Math.random(), Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))]]',
  );

  test('are the same in every call unless granted', async () => {
    const [first, again] = [await runScript(source), await runScript(source)];
    expect(first.output).toBe(again.output);
    const [now, one, two, uuid] = JSON.parse(first.output);
    expect(now).toBe(1_000_000_000_000);
    expect(one).not.toBe(two);
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('are real where granted', async () => {
    const granted = { limits: { clock: true, randomness: true } };
    const before = Date.now();
    const [first, again] = [await runScript(source, granted), await runScript(source, granted)];
    const [now, ...chance] = JSON.parse(first.output);
    expect(now).toBeGreaterThanOrEqual(before - 1);
    expect(now).toBeLessThanOrEqual(Date.now() + 1);
    expect(JSON.parse(again.output).slice(1)).not.toEqual(chance);
  });

  test('knows UTC only', async () => {
    expect(await outputOf('return new Date(2026, 0, 1).toISOString()')).toBe(
      '2026-01-01T00:00:00.000Z',
    );
  });
});

describe('console', () => {
  test('writes to the log of the plugin, from info upwards', async () => {
    const body =
      'console.debug("no"); console.log("a", 1, { b: [2] }, undefined); console.warn(Symbol("s")); console.error(new Error("e"))';
    const { logged } = await runScript(tool(body));
    expect(logged?.lines.map(({ level }) => level)).toEqual(['info', 'warn', 'error']);
    expect(logged?.lines[0]?.text).toBe('a 1 {"b":[2]} undefined');
    expect(logged?.lines[2]?.text).toContain('Error: e');
  });

  test('is bounded in lines and length', async () => {
    const flood = 'for (let i = 0; i < 100; i++) console.log("x".repeat(3000))';
    const { end, logged } = await runScript(tool(flood));
    expect(end).toBe('ok');
    const length = logged?.lines.reduce((sum, { text }) => sum + text.length, 0) ?? 0;
    expect(length).toBeGreaterThan(8_000);
    expect(length).toBeLessThanOrEqual(16_384);
  });

  test('marks a line that it cuts, and no other', async () => {
    const body = 'console.log("x".repeat(2048)); console.log("y".repeat(2049), 1)';
    const { logged } = await runScript(tool(body));
    expect(logged?.lines.map(({ text }) => text)).toEqual([
      'x'.repeat(2_048),
      `${'y'.repeat(2_048)} [cut]`,
    ]);
  });
});

describe('settings', () => {
  const source = tool(
    'return [config.get(args.name)]',
    'import { config } from "sallyport:config"',
  );

  test('are read by name, and only their own names', async () => {
    const config = { endpoint: 'https://example.com' };
    const get = async (name: string) =>
      (await runScript(source, { input: JSON.stringify({ name }), config })).output;
    expect(await get('endpoint')).toBe('["https://example.com"]');
    expect(await get('other')).toBe('[null]');
    expect(await get('toString')).toBe('[null]');
  });
});

const RESPONSE: PluginAnswer = {
  kind: 'response',
  status: 201,
  headers: { 'content-type': 'application/json' },
  body: new TextEncoder().encode('{"é":1}'),
  url: 'https://example.com/end',
};

describe('fetch', () => {
  const head = 'import { fetch } from "sallyport:http"';

  test('sends what it was told and gives back what came', async () => {
    const source = `${head}
      export async function run({ url }) {
        const headers = { "X-A": "b" };
        const response = await fetch(url, { method: "post", headers, body: "ü" });
        return [response.status, response.ok, response.url, response.headers.get("content-type"),
          response.headers.size, response.json(), response.text(), response.body.length];
      }`;
    const host = new ScriptedHost(RESPONSE);
    const report = await runScript(source, { input: '{"url":"https://example.com/"}', host });
    expect(JSON.parse(report.output)).toEqual([
      ...[201, true, 'https://example.com/end', 'application/json', 1, { é: 1 }, '{"é":1}', 8],
    ]);
    expect(host.requests).toEqual([
      {
        url: 'https://example.com/',
        method: 'POST',
        headers: { 'X-A': 'b' },
        body: new TextEncoder().encode('ü'),
      },
    ]);
  });

  test('may be called from anywhere, several times, also in a promise', async () => {
    const source = `${head}
      export async function run() {
        const all = [1, 2].map((n) => fetch("https://example.com/" + n).status);
        await null;
        return [...all, await Promise.resolve(3).then((n) => fetch("https://example.com/" + n).status)];
      }`;
    const host = new ScriptedHost(RESPONSE);
    expect(await runScript(source, { host })).toMatchObject({ output: '[201,201,201]' });
    expect(host.requests.map(({ url }) => url)).toEqual([
      ...['https://example.com/1', 'https://example.com/2', 'https://example.com/3'],
    ]);
  });

  test('throws what a plugin may know, and can catch', async () => {
    const body = 'try { fetch("https://example.com/") } catch (e) { return [e.message, e.reason] }';
    const host = new ScriptedHost({ kind: 'unanswered', reason: 'unreachable' });
    const report = await runScript(tool(body, head), { host });
    expect(JSON.parse(report.output)).toEqual([
      ...['Cannot fetch "https://example.com/": unreachable', 'unreachable'],
    ]);
  });

  test('ends the run where it is refused, whatever the plugin catches', async () => {
    const body = 'try { fetch("https://example.com/") } catch {} finally { return "on" }';
    const report = await runScript(tool(body, head));
    expect(report).toMatchObject({ end: 'host_denied', output: '' });
  });

  test('cannot be had before a tool is called, nor without a static import', async () => {
    const early = await runScript(tool('return 1', `${head}\nfetch("https://example.com/");`));
    expect(early.end).toBe('plugin_error');
    expect(early.logged?.lines[0]?.text).toContain('Cannot use http before a tool is called');

    const host = new ScriptedHost(RESPONSE);
    const late = await runScript(
      tool('return import("sallyport:http").then((m) => m.fetch("https://example.com/"))'),
      { host },
    );
    expect(late.end).toBe('plugin_error');
    expect(late.logged?.lines[0]?.text).toContain('Cannot import "sallyport:http"');
    expect(host.requests).toEqual([]);
  });

  test('does not let calls that wait see each other', async () => {
    const source = `${head}
      let seen = 0;
      export function run({ n }) { seen += n; fetch("https://example.com/" + n); return [n, seen] }`;
    const gate = Promise.withResolvers<void>();
    class Gated extends ScriptedHost {
      override async http() {
        await gate.promise;
        return RESPONSE;
      }
    }
    const calls = [1, 2, 3].map((n) =>
      runScript(source, { input: `{"n":${n}}`, host: new Gated() }),
    );
    expect(
      await runScript(source, { input: '{"n":9}', host: new ScriptedHost(RESPONSE) }),
    ).toMatchObject({ output: '[9,9]' });
    gate.resolve();
    expect((await Promise.all(calls)).map(({ output }) => output)).toEqual([
      ...['[1,1]', '[2,2]', '[3,3]'],
    ]);
  });

  test('counts the time of waiting, for which no fuel is taken', async () => {
    class Slow extends ScriptedHost {
      override async http() {
        await new Promise((resolve) => setTimeout(resolve, 30));
        return RESPONSE;
      }
    }
    const source = tool('return fetch("https://example.com/").status', head);
    const [slow, fast] = [
      await runScript(source, { host: new Slow() }),
      await runScript(source, { host: new ScriptedHost(RESPONSE) }),
    ];
    expect(slow.suspendedMs).toBeGreaterThanOrEqual(25);
    expect(slow.fuel).toBe(fast.fuel);
  });
});

describe('storage', () => {
  test('stores bytes and text by key, and tells what was refused', async () => {
    const source = `import { storage } from "sallyport:storage";
      export function run() {
        storage.set("kéy", "välue");
        storage.delete(new Uint8Array([1]));
        let problem; try { storage.set("", "x") } catch (e) { problem = e.message }
        return [storage.get("kéy"), storage.get("none"), storage.add("kéy", "x"),
          storage.list({ prefix: "k", limit: 2 }), [...storage.getBytes("kéy")], problem];
      }`;
    const bytes = (text: string) => new TextEncoder().encode(text);
    const host = new ScriptedHost(undefined, (request) => {
      if (request.kind === 'add') return { kind: 'refused', reason: 'key_exists' };
      if (request.kind === 'list') {
        return { kind: 'entries', entries: [{ key: bytes('kéy'), value: bytes('v') }] };
      }
      if (request.kind !== 'get') return { kind: 'done' };
      const isThere = new TextDecoder().decode(request.key) === 'kéy';
      return { kind: 'value', value: isThere ? bytes('é') : undefined };
    });
    const report = await runScript(source, { host });
    expect(JSON.parse(report.output)).toEqual([
      ...['é', null, false, [{ key: 'kéy', value: 'v' }], [195, 169]],
      'Cannot use storage: key_invalid',
    ]);
    expect(host.stored.map(({ kind }) => kind)).toEqual([
      ...['set', 'delete', 'get', 'get', 'add', 'list', 'get'],
    ]);
    expect(host.stored[0]).toMatchObject({ key: bytes('kéy'), value: bytes('välue') });
  });

  test('ends the run where it is refused', async () => {
    const body = 'try { storage.get("k") } catch {} return "on"';
    const report = await runScript(tool(body, 'import { storage } from "sallyport:storage"'));
    expect(report.end).toBe('host_denied');
  });
});

describe('an isolate', () => {
  test('is not there for a source that does not compile', async () => {
    await expect(load('export function run( {')).rejects.toThrow('Cannot load');
  });
});
