import { describe, expect, test } from 'vitest';
import type { ChannelAccess } from '../../../src/core/channels/channel-spec.ts';
import { judgeSender, labelOfMessage } from '../../../src/core/channels/judge-sender.ts';
import { readPairingCode, toPairingCode } from '../../../src/core/channels/pairing-code.ts';

const STATES = [undefined, 'pending', 'paired', 'denied'] as const;

describe('judgeSender()', () => {
  test.each<[ChannelAccess, readonly string[]]>([
    [{ mode: 'closed' }, ['refuse', 'refuse', 'refuse', 'refuse']],
    [{ mode: 'open' }, ['admit', 'admit', 'admit', 'refuse']],
    [{ mode: 'allow-list', senders: ['ann'] }, ['admit', 'admit', 'admit', 'refuse']],
    [{ mode: 'allow-list', senders: ['Ann', 'ann2'] }, ['refuse', 'refuse', 'refuse', 'refuse']],
    [{ mode: 'pair-on-request' }, ['ask', 'ask', 'admit', 'refuse']],
    [{ mode: 'pair-with-code' }, ['prove', 'prove', 'admit', 'refuse']],
  ])('%j: a stranger, who asked, who was paired, who was denied', (access, verdicts) => {
    expect(STATES.map((state) => judgeSender(access, 'ann', state))).toEqual(verdicts);
  });

  test('whoever nobody let in is not trusted, and nobody is by words of others', () => {
    const integrityOf = (mode: 'open' | 'pair-with-code', isForwarded: boolean) =>
      labelOfMessage({ mode }, isForwarded).integrity;
    expect(integrityOf('pair-with-code', false)).toBe('trusted');
    expect(integrityOf('pair-with-code', true)).toBe('untrusted');
    expect(integrityOf('open', false)).toBe('untrusted');
  });
});

describe('pairing codes', () => {
  test('are read as they were made, in small letters and with a dash too', () => {
    const code = toPairingCode(Uint8Array.from([0, 31, 32, 255, 10, 17, 18, 200]));
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
    expect(readPairingCode(` ${code.slice(0, 4)}-${code.slice(4).toLowerCase()} `)).toBe(code);
  });

  test.each([
    '',
    '1234567',
    '123456789',
    'ABCDEFGI',
    'is it AB12CD34?',
    `AB12CD34${' '.repeat(64)}`,
  ])('%j is no code', (text) => {
    expect(readPairingCode(text)).toBeUndefined();
  });
});
