/** Sources that loop, recurse, hoard, flood or play with what they are given: each has its end. */

import { describe, expect, test } from 'vitest';
import { runScript, tool } from '../support/scripts.ts';

describe('a script that does not end', () => {
  test.each([
    ['a loop', 'for (;;);'],
    ['a loop that catches', 'for (;;) try { for (;;); } catch {} finally { continue }'],
    ['a generator', 'function* g() { for (;;) yield 1 } for (const _ of g());'],
    ['a promise flood', 'const go = () => Promise.resolve().then(go); return go()'],
    ['an async loop', 'return (async () => { for (;;) await null })()'],
    ['many at once', 'const f = () => queueMicrotask(f); for (let i = 0; i < 100; i++) f()'],
    ['a regular expression', 'return /^(a+)+$/.test("a".repeat(40) + "b")'],
    ['a regular expression with a class', 'return /^(\\w|\\d)*$/.exec("1".repeat(50) + "-")'],
    ['a look-behind', 'return /(?<=(a*)*)b$/.test("a".repeat(3000))'],
    ['a sort that lies', 'for (;;) [3, 1, 2].sort(() => Math.random() - 0.5)'],
    ['an iterator', '[...{ [Symbol.iterator]: () => ({ next: () => ({ value: 0 }) }) }].length'],
    ['a proxy', 'const p = new Proxy({}, { get: () => 1 }); for (;;) p.x'],
    ['big numbers', 'let b = 3n; for (;;) b = (b * b) % 2n ** 3000n'],
    ['a power', 'return String(7n ** 10000000n).length'],
    ['copies', 'const a = new Uint8Array(1e6); for (;;) a.copyWithin(1, 0)'],
    ['fills', 'const a = new Uint8Array(1e6); for (;;) a.fill(7)'],
    ['searches', 'const s = "a".repeat(1e6); for (;;) s.indexOf("b")'],
    ['splits', 'for (;;) "a,".repeat(1e5).split(",")'],
    ['JSON', 'const t = JSON.stringify(Array(1e4).fill({ a: 1 })); for (;;) JSON.parse(t)'],
    ['symbols', 'for (let i = 0; ; i++) Symbol.for("s" + (i % 1000))'],
    ['weak references', 'for (;;) new WeakRef({}).deref()'],
    ['finalisers', 'const r = new FinalizationRegistry(() => {}); for (;;) r.register({}, 1)'],
    ['errors', 'for (;;) try { null.x } catch (e) { e.stack }'],
    ['a getter in the result', 'return { get a() { for (;;); } }'],
    ['toJSON', 'return { toJSON() { for (;;); } }'],
    ['a thenable', 'return { then() { for (;;); } }'],
    [
      'an error that does not end',
      'throw { get message() { for (;;); }, toString() { for (;;); } }',
    ],
    ['an error handler', 'function f() { try { f() } finally { f() } } f()'],
    ['host calls', 'for (;;) console.log("x")'],
    ['text coding', 'const t = new TextEncoder(); for (;;) t.encode("x".repeat(1000))'],
    ['mistakes', 'for (;;) try { config.get(Symbol()) } catch {}'],
    ['refusals', 'for (;;) try { crypto.getRandomValues({ byteLength: 1e9 }) } catch {}'],
    ['chance', 'for (;;) crypto.getRandomValues(new Uint8Array(65536))'],
    ['dates', 'for (let i = 0; ; i++) new Date(i).toLocaleString()'],
    ['normalisation', 'for (;;) "é".repeat(10000).normalize("NFD")'],
  ])('runs out of fuel: %s', async (_, body) => {
    const report = await runScript(tool(body, 'import { config } from "sallyport:config"'));
    expect(report).toMatchObject({ end: 'fuel', output: '', fuel: 10_000_000 });
    expect(report.memoryPages).toBeLessThanOrEqual(256);
  });
});

describe('a script that goes too deep', () => {
  test.each([
    ['a function', 'function f() { f() } f()'],
    ['a method', 'const o = { get x() { return this.x } }; o.x'],
    ['a proxy', 'const p = new Proxy({}, { get: (t, k, r) => r[k] }); p.x'],
    ['a constructor', 'function F() { new F() } F()'],
    ['a callback', 'function f() { [1].map(f) } f()'],
    ['a replacer', 'function f() { "a".replace(/a/, f) } f()'],
    ['a conversion', 'const o = { toString() { return o + "" } }; o + ""'],
    ['a reviver', 'const f = () => JSON.parse("[1]", f); f()'],
    ['toJSON', 'const o = { toJSON: () => JSON.stringify(o) }; return o'],
    ['JSON to read', 'JSON.parse("[".repeat(1e5))'],
    ['a regular expression to read', 'new RegExp("(?:".repeat(1e5) + ")".repeat(1e5))'],
  ])('ends on its stack: %s', async (_, body) => {
    expect(await runScript(tool(body), { limits: { fuel: 100_000_000 } })).toMatchObject({
      ...{ end: 'stack', output: '' },
    });
  });

  test('may catch that and go on', async () => {
    const body =
      'let n = 0; function f() { n++; f() } try { f() } catch (e) { return [e.name, n > 500] }';
    expect(await runScript(tool(body))).toMatchObject({ output: '["RangeError",true]' });
  });

  test('may free deep structures', async () => {
    const body = 'let o; for (let i = 0; i < 3e4; i++) o = { o }; o = null; return "free"';
    const limits = { fuel: 100_000_000 };
    expect(await runScript(tool(body), { limits })).toMatchObject({ output: 'free' });
  });
});

describe('a script that hoards', () => {
  const limits = { fuel: 500_000_000, memoryPages: 128 };

  test.each([
    ['objects', 'const a = []; for (;;) a.push({ a: 1 })'],
    ['arrays', 'const a = []; for (;;) a.push(new Array(1000).fill(0))'],
    ['bytes', 'const a = []; for (;;) a.push(new Uint8Array(100000))'],
    ['one buffer', 'new ArrayBuffer(2 ** 30)'],
    ['text', 'let s = "ab"; for (;;) s += s + [1].join(s)'],
    ['flat text', 'let s = "ab"; for (;;) s = (s + s).toUpperCase()'],
    ['repeated text', 'return "abc".repeat(1e8)'],
    ['padded text', 'return "".padEnd(2 ** 29, "x")'],
    ['maps', 'const m = new Map(); for (let i = 0; ; i++) m.set(i, [i])'],
    ['properties', 'const o = {}; for (let i = 0; ; i++) o["p" + i] = i'],
    ['closures', 'const a = []; for (let i = 0; ; i++) a.push(() => i)'],
    ['promises', 'const a = []; for (;;) a.push(new Promise(() => {}))'],
    ['jobs', 'for (;;) queueMicrotask(() => {})'],
    ['symbols', 'const a = []; for (let i = 0; ; i++) a.push(Symbol(i))'],
    ['big numbers', 'let b = 2n ** 1000n; const a = []; for (;;) a.push((b = b * 3n))'],
    ['matches', 'return "a".repeat(1e6).match(/./g).map((x) => [x])'],
    ['a result', 'return Array(1e6).fill("12345678901234567890")'],
    ['cycles that are still held', 'const a = []; for (;;) { const o = {}; o.o = o; a.push(o) }'],
  ])('ends on its memory: %s', async (_, body) => {
    const report = await runScript(tool(body), { limits });
    expect(report).toMatchObject({ end: 'memory', output: '' });
    expect(report.memoryPages).toBeLessThanOrEqual(1_024);
  });

  test('may catch that, and gets no more by it', async () => {
    const body = `
      const a = []; let refusals = 0;
      while (refusals < 3) try { for (;;) a.push(new Uint8Array(10000)) } catch { refusals++ }
      return a.length`;
    const report = await runScript(tool(body), { limits });
    expect(report.memoryPages).toBeLessThanOrEqual(128);
    expect(Number(report.output)).toBeLessThan(800);
  });

  test('does not hoard what it lets go', async () => {
    const body = 'for (let i = 0; i < 2e4; i++) { const o = { a: [i] }; o.o = o } return "done"';
    expect(await runScript(tool(body), { limits })).toMatchObject({ output: 'done' });
  });

  test('has what its manifest asked for, and no more', async () => {
    const source = tool('return new Uint8Array(args.mib * 2 ** 20).length');
    const run = (mib: number, memoryPages: number) =>
      runScript(source, { input: `{"mib":${mib}}`, limits: { memoryPages, fuel: 100_000_000 } });
    expect(await run(5, 128)).toMatchObject({ end: 'ok' });
    expect(await run(8, 128)).toMatchObject({ end: 'memory' });
    expect(await run(8, 256)).toMatchObject({ end: 'ok' });
  });
});

describe('a script that makes code', () => {
  test.each([
    ['eval', 'return eval("1")'],
    ['indirect eval', 'return (0, eval)("1")'],
    ['Function', 'return Function("return 1")()'],
    ['new Function', 'return new Function("return 1")()'],
    ['a constructor', 'return (() => 1).constructor("return 1")()'],
    ['an async constructor', 'return (async () => 1).constructor("return 1")()'],
    ['a generator constructor', 'return (function* () {}).constructor("yield 1")().next()'],
    ['an async generator', 'return (async function* () {}).constructor("yield 1")().next()'],
    ['Reflect', 'return Reflect.construct((() => 1).constructor, ["return 1"])()'],
    ['a bound function', 'return (() => 1).bind().constructor("return 1")()'],
    ['a class', 'return (class {}).constructor("return 1")()'],
    ['the constructor of a host function', 'return console.log.constructor("return 1")()'],
  ])('is refused: %s', async (_, body) => {
    const report = await runScript(tool(body));
    expect(report.end).toBe('plugin_error');
    expect(report.logged?.lines[0]?.text).toContain('EvalError: Cannot make code from text');
  });

  test.each(['data:text/javascript,0', './other.js', 'sallyport:entry', 'plugin.js', 'prelude.js'])(
    'cannot import %s when it runs',
    async (name) => {
      const report = await runScript(tool(`return import("${name}")`));
      expect(report.end).toBe('plugin_error');
      expect(report.logged?.lines[0]?.text).toContain(`Cannot import "${name}"`);
    },
  );

  test('still knows functions as functions', async () => {
    const body = 'return [run instanceof Function, (() => 1) instanceof Function, typeof Function]';
    expect((await runScript(tool(body))).output).toBe('[true,true,"function"]');
  });
});

describe('a script that plays with what it is given', () => {
  test.each([
    ['JSON', 'JSON.stringify = () => "forged"; JSON.parse = () => 1;', '{"a":1}'],
    ['prototypes', 'Object.prototype.toJSON = undefined; Array.prototype[0] = 9;', '{"a":1}'],
    ['then', 'Promise.prototype.then = () => { throw 1 };', '{"a":1}'],
    ['Promise', 'globalThis.Promise = 1; Promise = 2;', '{"a":1}'],
    [
      'everything',
      'for (const k of Reflect.ownKeys(globalThis)) try { globalThis[k] = 0 } catch {}',
      '{"a":1}',
    ],
    [
      'Error',
      'Error.prepareStackTrace = () => { throw 1 }; Error.stackTraceLimit = 1e9;',
      '{"a":1}',
    ],
  ])('gets its answer all the same: %s', async (_, head, output) => {
    const source = tool('return { a: 1 }', head);
    expect(await runScript(source)).toMatchObject({ end: 'ok', output });
  });

  test.each([
    ['through its stack', 'return new Error().stack.includes("/")'],
    ['through the prelude', 'return typeof prelude + typeof __sallyport_modules'],
    ['through callers', 'try { return run.caller + "" } catch { return "refused" }'],
    ['through its module', 'return Object.keys(import.meta).join()'],
  ])('learns nothing of its host: %s', async (_, body) => {
    const { end, output } = await runScript(tool(body));
    expect(end).toBe('ok');
    expect(['false', 'undefinedundefined', 'refused', '', 'url', 'main', 'null']).toContain(output);
  });

  test('cannot make a host function of its own', async () => {
    const body = `
      const seen = [];
      Object.prototype.valueOf = function () { seen.push(this); return this };
      Function.prototype.call = Function.prototype.apply = function () { seen.push(this) };
      console.log("x"); crypto.randomUUID(); new TextEncoder().encode("x");
      return seen.length`;
    expect((await runScript(tool(body))).output).toBe('0');
  });

  test('may hand host functions anything', async () => {
    const body = `
      const odd = [undefined, null, -1, NaN, 1e9, {}, [], Symbol("s"), () => 1, new Proxy({}, {}),
        { toString() { throw new Error("mine") } }, new Uint8Array(3), new DataView(new ArrayBuffer(2))];
      const tried = [console.log, (x) => new TextEncoder().encode(x), (x) => new TextDecoder().decode(x),
        (x) => new TextDecoder(x), (x) => crypto.getRandomValues(x), config.get];
      let thrown = 0;
      for (const f of tried) for (const value of odd) try { f(value) } catch { thrown++ }
      return thrown`;
    const report = await runScript(tool(body, 'import { config } from "sallyport:config"'));
    expect(report.end).toBe('ok');
    expect(Number(report.output)).toBeGreaterThan(20);
  });
});
