/**
 * Hostile modules, each run twice: in an isolate of its own through the loader, and as a module
 * of the bundle. Both must end alike.
 */

import { describe, expect, test } from 'vitest';
import { DEFAULT_WASM_LIMITS, type WasmLimits } from '../../../src/core/manifest/wasm-limits.ts';
import { BundledPlugins } from '../../../src/tiers/wasm/bundled-plugins.ts';
import { HOST_CALL_FUEL } from '../../../src/tiers/wasm/isolate/guest.ts';
import type {
  PluginAnswer,
  PluginReport,
} from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import type { LaneHost, PluginRunners } from '../../../src/tiers/wasm/plugin-runner.ts';
import { FIXTURE_MODULES, type FixtureName, hardened, job } from '../support/fixtures.ts';
import { openIsolates } from '../support/isolates.ts';
import { ScriptedHost } from '../support/scripted-host.ts';

const WAYS: Readonly<Record<string, PluginRunners>> = {
  loader: openIsolates({
    fetchCode: async ({ codeHash }) => hardened(codeHash as FixtureName),
  }),
  bundle: new BundledPlugins(FIXTURE_MODULES),
};

const RESPONSE: PluginAnswer = {
  kind: 'response',
  status: 200,
  headers: { 'content-type': 'text/plain', 'x-sallyport-url': 'forged' },
  body: new TextEncoder().encode('hello'),
  url: 'https://example.com/end',
};

interface Run {
  readonly entry: string;
  readonly input?: string;
  readonly limits?: Partial<WasmLimits>;
  readonly host?: LaneHost;
}

describe.each(Object.keys(WAYS))('callPlugin() by the %s', (way) => {
  const run = async (codeHash: FixtureName, { entry, input, limits, host }: Run) => {
    const name = { workspace: 'acme', plugin: 'fixture', codeHash, memoryPages: 256 };
    const runner = await WAYS[way]?.open(name);
    if (runner === undefined) throw new Error(`Cannot open ${codeHash}`);
    return runner.run(job(entry, input, limits), host ?? new ScriptedHost(RESPONSE));
  };
  const hostile = (entry: string, more: Omit<Run, 'entry'> = {}): Promise<PluginReport> =>
    run('hostile', { entry, ...more });

  test('hands over the input and takes the output', async () => {
    const report = await hostile('echo', { input: '{"text":"héllo 😀"}' });
    expect(report).toMatchObject({ end: 'ok', output: '{"text":"héllo 😀"}', memoryPages: 1 });
    expect(report.fuel).toBeGreaterThan(0);
  });

  test('takes the zeros off the end of the output, with which C ends a text', async () => {
    expect((await hostile('echo', { input: 'a\0b\0\0' })).output).toBe('a\0b');
    expect(await hostile('echo', { input: '\0\0' })).toMatchObject({ end: 'ok', output: '' });
  });

  test.each([
    ['unreachable', 'trap: unreachable'],
    ['divide', 'trap: divide by zero'],
    ['status', 'The entry must return 0, and returned 7'],
    ['not_utf8', 'What the plugin answers must be UTF-8'],
    ['abort', 'abort (:0:0)'],
    ['abort_halves', '\ufffda\ufffd (:4294967295:2)'],
    ['abort_long', `cd${'\0'.repeat(2_046)} [cut] (:1:2)`],
  ])('tells the author what %s did', async (entry, text) => {
    expect((await hostile(entry)).logged?.lines).toEqual([{ level: 'error', text }]);
  });

  test('accepts an entry that returns nothing and writes nothing', async () => {
    expect(await hostile('silent')).toMatchObject({ end: 'ok', output: '' });
  });

  test.each(['nothing_before', 'nothing_beyond'])('takes %s for nothing', async (entry) => {
    const report = await hostile(entry);
    expect(report).toMatchObject({ end: 'ok', output: '' });
    expect(report.fuel).toBeGreaterThan(0);
  });

  test('gives every call an instance of its own', async () => {
    expect((await hostile('count')).output).toBe('1');
    expect((await hostile('count')).output).toBe('1');
  });

  test.each([
    ['loop', 'fuel'],
    ['recurse', 'stack'],
    ['unreachable', 'trap'],
    ['divide', 'trap'],
    ['beyond', 'trap'],
    ['abort', 'trap'],
    ['abort_beyond', 'trap'],
    ['grow', 'memory'],
    ['hoard', 'memory'],
    ['flood', 'output_too_large'],
    ['not_utf8', 'plugin_error'],
    ['status', 'plugin_error'],
    ['error', 'plugin_error'],
    ['error_and_output', 'plugin_error'],
    ['two', 'plugin_error'],
    ['forge_error', 'plugin_error'],
    ['no such export', 'plugin_error'],
    ['memory', 'plugin_error'],
  ])('ends %s as %s, without output', async (entry, end) => {
    expect(await hostile(entry)).toMatchObject({ end, output: '' });
  });

  test.each([
    ['hoard_variables', 'memory'],
    ['log_forever', 'fuel'],
    ['forge', 'trap'],
  ])('ends %s of texts as %s, without output', async (entry, end) => {
    expect(await run('texts', { entry })).toMatchObject({ end, output: '' });
  });

  test('works as before after a call that ended badly', async () => {
    await hostile('recurse');
    await hostile('grow');
    expect(await hostile('echo', { input: '1' })).toMatchObject({ end: 'ok', output: '1' });
  });

  test('ends a start function that never ends', async () => {
    expect(await run('start-loop', { entry: 'run' })).toMatchObject({ end: 'fuel' });
  });

  test('takes fuel for exactly as long as there is some', async () => {
    const { fuel } = await hostile('grow_to_17');
    expect((await hostile('grow_to_17', { limits: { fuel } })).end).toBe('ok');
    expect((await hostile('grow_to_17', { limits: { fuel: 8_000 } })).end).toBe('fuel');
  });

  test('bounds memory below what the module was hardened for', async () => {
    expect((await hostile('grow_to_17', { limits: { memoryPages: 17 } })).end).toBe('ok');
    expect((await hostile('grow_to_17', { limits: { memoryPages: 16 } })).end).toBe('memory');
  });

  test('bounds output to the byte', async () => {
    const input = '"0123456789"';
    expect((await hostile('echo', { input, limits: { maxOutputBytes: 12 } })).end).toBe('ok');
    const over = await hostile('echo', { input, limits: { maxOutputBytes: 11 } });
    expect(over).toMatchObject({ end: 'output_too_large', output: '' });
  });

  test('bounds logs and prints, however many', async () => {
    const limits = DEFAULT_WASM_LIMITS;
    expect(await run('texts', { entry: 'log', limits })).toMatchObject({
      output: 'x',
      logged: { lines: [{ level: 'info' }], dropped: 1_000 },
    });
    const printed = await run('ambient', { entry: 'print', limits });
    expect(printed).toMatchObject({ end: 'ok', output: '00000100', memoryPages: 1 });
    expect(printed.logged?.dropped).toBeGreaterThan(900);
  });

  test('keeps variables for the call, and has no configuration', async () => {
    expect(await run('texts', { entry: 'variables' })).toMatchObject({ end: 'ok', output: 'abc' });
  });

  test('ignores handles and offsets that point nowhere', async () => {
    expect(await hostile('nonsense')).toMatchObject({ end: 'ok', output: 'o' });
  });
});

describe.each(Object.keys(WAYS))('the ambient world by the %s', (way) => {
  const ambient = async (entry: string, limits: Partial<WasmLimits> = {}) => {
    const name = { workspace: 'acme', plugin: 'ambient', codeHash: 'ambient', memoryPages: 256 };
    const runner = await WAYS[way]?.open(name);
    if (runner === undefined) throw new Error('Cannot open the fixture');
    return runner.run(job(entry, '{}', limits), new ScriptedHost(RESPONSE));
  };
  const clockOf = ({ output }: PluginReport) =>
    Number(Buffer.from(output, 'hex').readBigUInt64LE() / 1_000_000n);

  test('initialises a reactor before its first call', async () => {
    expect((await ambient('initialised')).output).toBe('01');
  });

  test('has no files, sockets or descriptors beyond the standard ones', async () => {
    // ENOTCAPABLE is 76, EBADF is 8; to wait is to be there.
    expect((await ambient('world')).output).toBe('4c0808080008');
  });

  test('has its names as arguments, and no environment', async () => {
    // 2 arguments of 14 bytes together, no variables, nothing read into no buffer.
    expect((await ambient('process')).output).toBe(`020000000e000000${'00'.repeat(12)}`);
  });

  test('stands still in time without a clock, and has the time with one', async () => {
    expect(clockOf(await ambient('clock'))).toBe(Date.UTC(2001, 8, 9, 1, 46, 40));
    expect(clockOf(await ambient('clock', { clock: true }))).toBeGreaterThan(Date.UTC(2026, 0));
  });

  test('repeats its chance without randomness, and does not with it', async () => {
    const [first, second] = [await ambient('random'), await ambient('random')];
    expect(first.output).toBe(second.output);
    expect(first.output).toHaveLength(32);
    const limits = { randomness: true };
    const real = await Promise.all([ambient('random', limits), ambient('random', limits)]);
    expect(new Set([first.output, ...real.map(({ output }) => output)]).size).toBe(3);
  });

  test.each([
    ['print_forever', 'fuel'],
    ['random_forever', 'fuel'],
    ['bad_pointer', 'trap'],
    ['exit_3', 'exit'],
  ])('ends %s as %s', async (entry, end) => {
    expect(await ambient(entry)).toMatchObject({ end, output: '' });
  });

  test('takes exit with status 0 for an ordinary end', async () => {
    expect(await ambient('exit_0')).toMatchObject({ end: 'ok', output: '00' });
  });
});

describe.each(Object.keys(WAYS))('the network by the %s', (way) => {
  const network = async (entry: string, input: unknown, host: LaneHost) => {
    const name = { workspace: 'acme', plugin: 'network', codeHash: 'network', memoryPages: 256 };
    const runner = await WAYS[way]?.open(name);
    if (runner === undefined) throw new Error('Cannot open the fixture');
    return runner.run(job(entry, JSON.stringify(input)), host);
  };

  test('hands the request to the host and the response to the plugin', async () => {
    const host = new ScriptedHost(RESPONSE);
    const request = { url: 'https://example.com/', method: 'put', headers: { accept: '*/*' } };
    expect(await network('body', request, host)).toMatchObject({ end: 'ok', output: 'hello' });
    expect(host.requests).toEqual([{ ...request, method: 'PUT', body: new Uint8Array(0) }]);
  });

  test('sends the body', async () => {
    const host = new ScriptedHost(RESPONSE);
    await network('post', { url: 'https://example.com/', method: 'POST' }, host);
    expect(host.requests[0]?.body).toEqual(new Uint8Array(3));
  });

  test('says itself which URL answered, whatever the server says', async () => {
    const { output } = await network(
      'headers',
      { url: 'https://a.example/' },
      new ScriptedHost(RESPONSE),
    );
    expect(JSON.parse(output)).toEqual({
      'content-type': 'text/plain',
      'x-sallyport-url': 'https://example.com/end',
    });
  });

  test('tells the plugin why no response came', async () => {
    const host = new ScriptedHost({ kind: 'unanswered', reason: 'too_many_redirects' });
    const { output } = await network('headers', { url: 'https://example.com/' }, host);
    expect(JSON.parse(output)).toEqual({ 'x-sallyport-unanswered': 'too_many_redirects' });
    const { end, fuel } = await network('status', { url: 'https://example.com/' }, host);
    expect(end).toBe('ok');
    // The request, and the question what status it had.
    expect(fuel).toBeGreaterThan(2 * HOST_CALL_FUEL);
  });

  test.each(['host_denied', 'cancelled', 'timeout'] as const)('ends with %s', async (reason) => {
    const host = new ScriptedHost({ kind: 'ended', reason });
    expect(await network('flood', { url: 'https://example.com/' }, host)).toMatchObject({
      end: reason,
      output: '',
    });
    expect(host.requests).toHaveLength(1);
  });

  test.each([
    ['no JSON', 'not json'],
    ['no object', 5],
    ['no URL', { method: 'GET' }],
    ['a URL that is no text', { url: 5 }],
    ['a header that is no text', { url: 'https://example.com/', headers: { a: 1 } }],
    ['headers in a list', { url: 'https://example.com/', headers: ['a'] }],
  ])('ends a plugin that asks with %s', async (_, input) => {
    const host = new ScriptedHost(RESPONSE);
    expect((await network('body', input, host)).end).toBe('plugin_error');
    expect(host.requests).toEqual([]);
  });

  test.each([
    ['loop_after', 'fuel'],
    ['recurse', 'stack'],
    ['no_request', 'plugin_error'],
  ])('ends %s as %s', async (entry, end) => {
    const report = await network(
      entry,
      { url: 'https://example.com/' },
      new ScriptedHost(RESPONSE),
    );
    expect(report).toMatchObject({ end, output: '' });
  });
});
