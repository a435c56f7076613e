/** WASI preview 1 as plugins find it: three streams, no files, and the same time and chance always. */

import { describe, expect, test } from 'vitest';
import type { PluginReport } from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import { type FixtureRun, runBothWays } from '../support/both-ways.ts';

const wasi = (entry: string, more: Omit<FixtureRun, 'entry'> = {}) =>
  runBothWays('wasi', { entry, ...more });

/** Answers of one byte each; an OK at the end is cut off, as all zeros there. */
const bytesOf = ({ output }: PluginReport) => Array.from(output, (unit) => unit.charCodeAt(0));

describe('a command', () => {
  test('reads its input from standard input and answers on standard output', async () => {
    const input = JSON.stringify({ text: 'longer than the 16 bytes it reads at once, é' });
    expect(await wasi('_start', { input })).toMatchObject({ end: 'ok', output: input });
  });

  test('answers nothing to nothing', async () => {
    expect(await wasi('_start', { input: '' })).toMatchObject({ end: 'ok', output: '' });
  });

  test('is called by the names of its plugin and its tool', async () => {
    expect((await wasi('argv')).output).toBe('fixture\0probe');
  });

  test('fails with any exit status but 0', async () => {
    expect(await wasi('exit_0', { input: 'x' })).toMatchObject({ end: 'ok', output: 'x' });
    const failed = await wasi('exit_7', { input: 'x' });
    expect(failed).toMatchObject({ end: 'exit', output: '' });
    expect(failed.logged?.lines).toEqual([{ level: 'error', text: 'exit status 7' }]);
    expect(await wasi('raise')).toMatchObject({ end: 'exit' });
  });
});

describe('a reactor', () => {
  test('is initialised before each call, and answers like a command', async () => {
    expect(await wasi('cat', { input: 'abc' })).toMatchObject({ end: 'ok', output: 'abc' });
  });

  test('fails if it returns another status than 0', async () => {
    expect(await wasi('status_3')).toMatchObject({ end: 'plugin_error', output: '' });
  });
});

describe('standard output', () => {
  test('is bounded to the byte', async () => {
    const limits = { maxOutputBytes: 40 };
    const most = 'x'.repeat(40);
    expect(await wasi('cat', { input: most, limits })).toMatchObject({ end: 'ok', output: most });
    const over = await wasi('cat', { input: `${most}x`, limits });
    expect(over).toMatchObject({ end: 'output_too_large', output: '' });
  });

  test('is put together from as many pieces as it came in', async () => {
    const input = Array.from({ length: 1_500 }, (_, index) => `${index}é`).join('');
    expect(await wasi('cat', { input })).toMatchObject({ end: 'ok', output: input });
  });

  test('ends whoever writes without end', async () => {
    expect(await wasi('stdout_forever')).toMatchObject({ end: 'output_too_large' });
    expect(await wasi('idle_forever')).toMatchObject({ end: 'fuel' });
  });

  test('must be text', async () => {
    expect(await wasi('cat', { input: 'ok' })).toMatchObject({ end: 'ok' });
    // The input is cut after 16 bytes, and each part is written by itself: it is one text again.
    const split = `${'x'.repeat(15)}é`;
    expect(await wasi('cat', { input: split })).toMatchObject({ end: 'ok', output: split });
  });
});

describe('standard error', () => {
  test('is logged by lines, the last one whole or not', async () => {
    const { output, logged } = await wasi('stderr');
    expect(output).toBe('');
    expect(logged).toEqual({
      lines: [
        { level: 'warn', text: 'a line' },
        { level: 'warn', text: 'half a line' },
      ],
      dropped: 0,
    });
  });

  test('ends by fuel, however much is written', async () => {
    const flooded = await wasi('stderr_forever');
    expect(flooded.end).toBe('fuel');
    expect(flooded.logged?.dropped).toBeGreaterThan(0);
  });
});

describe('what is not there', () => {
  const [OK, BADF, INVAL, NOTDIR, NOTSOCK, SPIPE, NOTCAPABLE] = [0, 8, 28, 54, 57, 70, 76];

  test('answers as a system does on which nothing but the streams is open', async () => {
    const report = await wasi('errnos');
    expect(bytesOf(report)).toEqual([
      ...[BADF, BADF, SPIPE, BADF, SPIPE, SPIPE, NOTDIR, BADF],
      ...[NOTCAPABLE, NOTCAPABLE, NOTCAPABLE, NOTSOCK, BADF],
      ...[OK, INVAL, INVAL],
    ]);
  });

  test('says so in the log, once for each function', async () => {
    const { logged } = await wasi('errnos');
    expect(logged?.lines.map(({ text }) => text)).toEqual([
      'path_open was refused: this tier has no files',
      'path_unlink_file was refused: this tier has no files',
    ]);
  });

  test('includes a stream that was closed', async () => {
    expect(bytesOf(await wasi('close'))).toEqual([OK, BADF, BADF]);
  });
});

describe('time', () => {
  test('goes on by exactly as long as the plugin sleeps, at once', async () => {
    expect((await wasi('sleep')).output).toBe('HGFEDCBA');
  });

  test('passes over waiting for streams, which are ready or not there', async () => {
    expect(bytesOf(await wasi('poll'))).toEqual([0, 0, 8, 3]);
  });
});

describe('limits and pointers', () => {
  test('hold on both sides', async () => {
    expect(bytesOf(await wasi('limits'))).toEqual([0, 28, 0, 28, 0, 28, 28]);
  });

  test.each([
    'vectors_beyond',
    'buffer_beyond',
    'buffer_overflow',
    'result_beyond',
    'random_beyond',
    'args_beyond',
    'events_beyond',
  ])('end %s as a trap', async (entry) => {
    expect(await wasi(entry)).toMatchObject({ end: 'trap', output: '' });
  });

  test.each(['vectors_forever', 'poll_forever', 'random_forever', 'args_forever', 'read_forever'])(
    'end %s by fuel',
    async (entry) => {
      expect(await wasi(entry)).toMatchObject({ end: 'fuel' });
    },
  );

  test('call it memory when a runtime exits since it got none', async () => {
    expect(await wasi('exit_for_memory')).toMatchObject({ end: 'memory' });
  });
});
