/** Sources before they are plugins: what the engine says of them, and that it runs none of their code. */

import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { MAX_SCRIPT_BYTES } from '../../../src/plugin-review/script-facts.ts';
import { askReviewer } from '../../../src/tiers/wasm/javascript/ask-reviewer.ts';
import type { WasmTierBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';

const bindings = env as unknown as Required<WasmTierBindings>;

const ask = (source: string | Uint8Array, ...entries: string[]) => {
  const code = typeof source === 'string' ? new TextEncoder().encode(source) : source;
  return askReviewer(bindings, { code, entries });
};

describe('askReviewer()', () => {
  test('tells imports, and which entries are missing', async () => {
    const source = `
      import { fetch } from "sallyport:http";
      import * as all from 'sallyport:storage';
      export function declared() {}
      export const constant = () => fetch(all), text = "no function";
      export { declared as renamed };
      export default 1;`;
    const entries = ['declared', 'constant', 'text', 'renamed', 'default', 'hidden', 'toString'];
    expect(await ask(source, ...entries)).toEqual({
      imports: ['sallyport:http', 'sallyport:storage'],
      missing: ['hidden', 'toString'],
    });
  });

  test('tells a mistake and its place', async () => {
    const { problem } = await ask('export function run() {\n\n  return 1 +;\n}');
    expect(problem).toMatchObject({ line: 3, column: 13 });
    expect(problem?.message).toContain("';'");
  });

  test.each([
    ['an import that nobody offers', 'import "lodash"', 'Cannot import "lodash"'],
    ['a name that nobody exports', 'import { get } from "sallyport:config"', "'get'"],
    ['an attribute', 'import x from "./x.json" with { type: "json" }', './x.json'],
    ['a script', 'with (a) b', 'with'],
    ['two exports of a name', 'export let a; export let a', 'a'],
    ['await outside of what waits', 'function f() { await 1 }', ''],
    ['bytes that are no UTF-8', new Uint8Array([0xc3, 0x28]), 'UTF-8'],
  ])('tells of %s', async (_, source, text) => {
    const facts = await ask(source, 'run');
    expect(facts).toMatchObject({ imports: [], missing: [] });
    expect(facts.problem?.message).toContain(text);
  });

  test.each([
    ['at the top', 'for (;;); export const run = 1'],
    ['in a default', 'export const run = (() => { for (;;); })()'],
    ['in a class', 'export class run { static { for (;;); } }'],
    ['while it waits', 'await new Promise(() => {}); export const run = 1'],
  ])('does not run code %s', async (_, source) => {
    expect(await ask(source, 'run')).toEqual({ imports: [], missing: [] });
  });

  const fill = (unit: (index: number) => string, head = '', tail = '') => {
    const parts = [head];
    for (let length = 0, index = 0; length < MAX_SCRIPT_BYTES - 200; index++) {
      const part = unit(index);
      parts.push(part);
      length += part.length;
    }
    return parts.join('') + tail;
  };

  test.each([
    ['many names', fill((n) => `let v${n};`), 'too much fuel'],
    ['private names', fill((n) => `#m${n};`, 'class A{', '}'), 'too much fuel'],
    ['parentheses', '('.repeat(250_000), 'too deeply'],
    ['functions', 'function f(){'.repeat(20_000), 'too deeply'],
    ['arrows', 'x=>'.repeat(170_000), 'too deeply'],
    ['methods', fill((n) => `m${n}(){}`, 'class A{', '}'), 'out of memory'],
    ['operators', '!'.repeat(MAX_SCRIPT_BYTES), 'too deeply'],
  ])('is bounded by the engine: %s', async (_, source, text) => {
    expect((await ask(source)).problem?.message).toContain(text);
  });

  test('keeps nothing of a source for the next one', async () => {
    await ask('import "sallyport:http"; export const run = 1', 'run');
    expect(await ask('export const other = 1', 'run')).toEqual({ imports: [], missing: ['run'] });
  });
});
