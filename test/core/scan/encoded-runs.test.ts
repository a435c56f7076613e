import { describe, expect, test, vi } from 'vitest';
import { decodeRuns } from '../../../src/core/scan/encoded-runs.ts';
import { cpuMs } from '../../support/cpu-ms.ts';

/** They look through megabytes. */
vi.setConfig({ testTimeout: 60_000 });

describe('decodeRuns()', () => {
  test('needs as long for runs in one long line as for runs in short ones', () => {
    const run = btoa('some word in');
    const spent = (separator: string) => {
      // A character of two bytes makes all of them so.
      const text = `漢 ${`${run}${separator}`.repeat(60_000)}`;
      return cpuMs(() => expect(decodeRuns(text).length).toBe(60_000));
    };
    const inShortLines = spent('\n');
    expect(spent(' ') / inShortLines).toBeLessThan(5);
  });

  const secret =
    'words of a text — and then ghp_0123456789abcdefghijklmnopqrstuvwxyz of which a line break is in the middle';
  const wrap = (written: string, width: number) =>
    written.replaceAll(new RegExp(`.{${width}}(?=.)`, 'g'), '$&\n');
  const WRITINGS = {
    base64: Buffer.from(secret).toString('base64').replaceAll('=', ''),
    'base64 of UTF-16': Buffer.from(secret.replace('—', '-'), 'utf16le').toString('base64'),
    hexadecimal: Buffer.from(secret).toString('hex'),
  };
  const ABOVE = {
    dashes: '-'.repeat(80),
    underscores: '_'.repeat(57),
    'a path': `home/${'src/'.repeat(14)}main`,
    'another encoded text': Buffer.from('some other words of another text,'.repeat(2))
      .toString('base64')
      .slice(0, 61),
    'two of them': `${'-'.repeat(80)}\n${'='.repeat(3)}${'-'.repeat(70)}`,
  };
  test.each(
    Object.keys(WRITINGS).flatMap((writing) =>
      Object.keys(ABOVE).flatMap((above) =>
        [56, 64, 70, 76].map((width) => [writing, width, above] as const),
      ),
    ),
  )('finds %s in lines of %i below %s', (writing, width, above) => {
    const lines = wrap(WRITINGS[writing as keyof typeof WRITINGS], width);
    for (const text of [lines, `${lines}\nand-what-stands-below`]) {
      const runs = decodeRuns(`${ABOVE[above as keyof typeof ABOVE]}\n${text}`);
      expect(runs.map((run) => run.text).join(' ')).toContain(
        'ghp_0123456789abcdefghijklmnopqrstuvwxyz',
      );
    }
  });

  test('needs a few times as long at most below what is not of it', () => {
    const lines = wrap(Buffer.from('some words, '.repeat(100_000)).toString('base64'), 64);
    const spent = (text: string) => cpuMs(() => void decodeRuns(text));
    const alone = spent(`${lines}\n`);
    const below = `${'-'.repeat(80)}\n${lines}\n${'-'.repeat(80)}\n${lines}`;
    expect(spent(below) / alone).toBeLessThan(40);
  });

  test('takes as many lines as a text may have', () => {
    const line = btoa('filling words of a text, that go on and o');
    expect(line).toMatch(/^[^=]{55}=$/);
    expect(decodeRuns(`${line}\n`.repeat(130_000)).length).toBe(130_000);
  });
});
