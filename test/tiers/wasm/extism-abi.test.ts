/** What Extism offers besides memory, and how its failures are told apart. */

import { describe, expect, test } from 'vitest';
import { CUT_MARK } from '../../../src/tiers/wasm/isolate/cut-mark.ts';
import { HOST_CALL_FUEL } from '../../../src/tiers/wasm/isolate/guest.ts';
import type { PluginAnswer } from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import { LINE_OVERHEAD, MAX_LOG_CHARS } from '../../../src/tiers/wasm/isolate/run-log.ts';
import { MAX_VARIABLE_BYTES } from '../../../src/tiers/wasm/isolate/run-variables.ts';
import { type FixtureRun, runBothWays } from '../support/both-ways.ts';
import { ScriptedHost } from '../support/scripted-host.ts';

const extism = (entry: string, more: Omit<FixtureRun, 'entry'> = {}) =>
  runBothWays('extism', { entry, ...more });

describe('blocks', () => {
  test('are all that can be read and written, to the byte', async () => {
    expect(await extism('edges', { input: '123456789' })).toMatchObject({ end: 'ok', output: 'o' });
  });
});

describe('logs', () => {
  test('keep lines from "info" on, which is what the plugin is told', async () => {
    const { output, logged, fuel } = await extism('levels');
    expect(output).toBe('2');
    // Five lines and the question from which level on they are kept.
    expect(fuel).toBeGreaterThan(6 * HOST_CALL_FUEL);
    expect(logged).toEqual({
      lines: [
        { level: 'info', text: 'i' },
        { level: 'warn', text: 'w' },
        { level: 'error', text: 'e' },
      ],
      dropped: 0,
    });
  });

  test('hold a line of exactly what there is room for, and cut a longer one', async () => {
    const most = MAX_LOG_CHARS - LINE_OVERHEAD;
    const whole = await extism('log_input', { input: 'x'.repeat(most) });
    expect(whole.logged).toEqual({
      lines: [{ level: 'info', text: 'x'.repeat(most) }],
      dropped: 0,
    });
    const cut = await extism('log_input', { input: 'x'.repeat(most + 1) });
    expect(cut.logged).toEqual({
      lines: [{ level: 'info', text: 'x'.repeat(most - CUT_MARK.length) + CUT_MARK }],
      dropped: 1,
    });
  });

  test('drop and count what comes when they are full', async () => {
    const room = MAX_LOG_CHARS - 2 * LINE_OVERHEAD - 1;
    const fits = await extism('log_input_and_more', { input: 'x'.repeat(room) });
    expect(fits.logged).toMatchObject({ lines: [{}, { level: 'warn', text: 'm' }], dropped: 0 });
    const full = await extism('log_input_and_more', { input: 'x'.repeat(room + 1) });
    expect(full.logged?.lines).toHaveLength(1);
    expect(full.logged?.dropped).toBe(1);
  });

  test('end a flood of empty lines by fuel, with no more lines than there is room for', async () => {
    const { end, logged } = await extism('log_nothing_forever');
    expect(end).toBe('fuel');
    expect(logged?.lines.length).toBeLessThanOrEqual(MAX_LOG_CHARS / LINE_OVERHEAD);
    expect(logged?.dropped).toBeGreaterThan(0);
  });

  test('take handles that point nowhere for empty lines', async () => {
    const { end, logged } = await extism('log_nonsense');
    expect(end).toBe('ok');
    expect(logged?.lines).toEqual([
      { level: 'error', text: '' },
      { level: 'error', text: '' },
    ]);
  });

  test('hold what is printed, too', async () => {
    const { output, logged } = await extism('print');
    expect(output).toBe('');
    expect(logged?.lines).toEqual([{ level: 'info', text: 'printed' }]);
  });

  test('are absent where nothing was said', async () => {
    expect(await extism('config', { input: 'none' })).not.toHaveProperty('logged');
  });
});

describe('settings', () => {
  const config = { greeting: 'hello 😀', empty: '', ['__proto__']: 'a name like any other' };

  test.each(Object.entries(config))('are read by their name: %s', async (input, output) => {
    expect(await extism('config', { input, config })).toMatchObject({ end: 'ok', output });
  });

  test.each(['other', 'toString', 'constructor', '', 'greeting\0'])(
    'are nothing for %j',
    async (input) => {
      expect(await extism('config', { input, config })).toMatchObject({ end: 'ok', output: '' });
    },
  );

  test('are charged by their length', async () => {
    const read = (length: number) =>
      extism('config', { input: 'a', config: { a: 'x'.repeat(length) } });
    const [short, long] = [await read(8), await read(4_096)];
    expect(long.fuel - short.fuel).toBeGreaterThan(500);
    const forever = await extism('config_forever', {
      input: 'a',
      config: { a: 'x'.repeat(4_096) },
    });
    expect(['fuel', 'memory']).toContain(forever.end);
  });
});

describe('errors', () => {
  test('fail the call, and tell the author what went wrong', async () => {
    const { end, output, logged } = await extism('error', { input: 'no such thing' });
    expect({ end, output }).toEqual({ end: 'plugin_error', output: '' });
    expect(logged?.lines).toEqual([{ level: 'error', text: 'no such thing' }]);
  });

  test('can be taken back', async () => {
    expect(await extism('error_taken_back', { input: 'x' })).toMatchObject({ end: 'ok' });
  });

  test('of AssemblyScript say what was thrown and where', async () => {
    const { end, logged } = await extism('throw');
    expect(end).toBe('trap');
    expect(logged?.lines).toEqual([{ level: 'error', text: 'boom (a.ts:12:5)' }]);
    expect(await extism('throw_beyond')).toMatchObject({ end: 'trap' });
  });
});

describe('variables', () => {
  const OVERHEAD = 64 + 1; // what each takes, and the name

  test('hold as much as they may, and not a byte more', async () => {
    const most = MAX_VARIABLE_BYTES - OVERHEAD;
    const limits = { fuel: 100_000_000 };
    const whole = await extism('keep', { input: 'x'.repeat(most), limits });
    expect(whole).toMatchObject({ end: 'ok', output: 'x' });
    const over = await extism('keep', { input: 'x'.repeat(most + 1), limits });
    expect(over).toMatchObject({ end: 'memory' });
  });

  test('come to an end even if they hold nothing', async () => {
    const limits = { fuel: 100_000_000 };
    expect(await extism('keep_names_forever', { limits })).toMatchObject({ end: 'memory' });
  });
});

describe('initialisation', () => {
  test('runs the constructors of a module that has nothing else for it', async () => {
    expect((await extism('constructed')).output).toBe('1');
  });
});

describe('the end "memory"', () => {
  test.each([
    ['trap_when_refused', 'memory'],
    ['abort_when_refused', 'memory'],
    ['trap_without_block', 'memory'],
    ['trap_when_full', 'trap'],
    ['trap_after_less', 'trap'],
    ['trap_with_block', 'trap'],
    ['fail_when_refused', 'plugin_error'],
  ])('is told from others: %s is %s', async (entry, end) => {
    expect(await extism(entry)).toMatchObject({ end });
  });

  test('reports the pages that there were', async () => {
    expect(await extism('trap_when_full')).toMatchObject({ memoryPages: 4 });
    expect(await extism('trap_when_refused')).toMatchObject({ memoryPages: 1 });
  });
});

describe('requests', () => {
  const RESPONSE: PluginAnswer = {
    kind: 'response',
    status: 200,
    headers: {},
    body: new TextEncoder().encode('hello'),
    url: 'https://example.com/',
  };
  const host = () => new ScriptedHost(RESPONSE);
  const limits = { fuel: 100_000_000 };
  const ask = (entry: string, input: string) =>
    runBothWays('network', { entry, input, limits, host });
  /** A description of exactly that many bytes. */
  const describing = (bytes: number) => {
    const rest = JSON.stringify({ url: 'https://example.com/', headers: { a: '' } }).length;
    return JSON.stringify({
      url: 'https://example.com/',
      headers: { a: 'x'.repeat(bytes - rest) },
    });
  };

  test('are described in 64 KiB at most', async () => {
    expect(await ask('body', describing(65_536))).toMatchObject({ end: 'ok', output: 'hello' });
    const over = await ask('body', describing(65_537));
    expect(over).toMatchObject({ end: 'plugin_error', output: '' });
    expect(over.logged?.lines).toHaveLength(1);
  });

  test('carry 1 MiB at most', async () => {
    const input = '{"url":"https://example.com/","method":"POST"}';
    expect(await ask('post_most', input)).toMatchObject({ end: 'ok' });
    expect(await ask('post_too_much', input)).toMatchObject({ end: 'plugin_error' });
  });

  test('take what a kit leaves out as null', async () => {
    const input = '{"url":"https://example.com/","method":null,"headers":null}';
    expect(await ask('body', input)).toMatchObject({ end: 'ok', output: 'hello' });
  });

  test('charge for the headers each time they are read', async () => {
    const forever = await ask('headers_forever', '{"url":"https://example.com/"}');
    expect(['fuel', 'memory']).toContain(forever.end);
  });

  test('that were refused are noted for the author', async () => {
    const refused = await runBothWays('network', {
      entry: 'body',
      input: '{"url":"https://example.com/"}',
      host: () => new ScriptedHost({ kind: 'ended', reason: 'host_denied' }),
    });
    expect(refused).toMatchObject({ end: 'host_denied' });
    expect(refused.logged?.lines).toEqual([{ level: 'error', text: 'http_request was refused' }]);
  });
});
