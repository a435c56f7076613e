import { describe, expect, test } from 'vitest';
import {
  type ExecutorReceipt,
  MAX_RECEIPT_BYTES,
  MAX_RECEIPT_HOSTS,
  parseReceipt,
  receiptText,
} from '../../../src/core/executor-protocol/executor-receipt.ts';

const HASH = '0a'.repeat(32);
const HOST = { host: 'a.example', port: 443, connections: 1, sentBytes: 2, receivedBytes: 3 };

const RECEIPT: ExecutorReceipt = {
  ...{ node: 'n'.repeat(64), callKey: 'c'.repeat(128), outcome: 'ok' },
  ...{ ticketHash: HASH, codeHash: HASH, argumentHash: HASH, outputHash: HASH },
  ...{ exitCode: 0, signal: 'SIGRTMAX14', durationMs: 0, cpuMs: 0, peakMemoryBytes: 0 },
  ...{ outputBytes: 0, truncated: false, hosts: [HOST], hostsLeftOut: 0, refusedConnections: 0 },
};

const read = (changes: object) => parseReceipt(JSON.stringify({ ...RECEIPT, ...changes }));

describe('parseReceipt()', () => {
  test('reads what was written, up to its bounds', () => {
    expect(parseReceipt(receiptText(RECEIPT))).toEqual(RECEIPT);
    const hosts = Array(MAX_RECEIPT_HOSTS).fill({ ...HOST, host: 'h'.repeat(253), port: 65_535 });
    expect(read({ hosts })).toMatchObject({ hosts });
    expect(read({ hosts: [{ ...HOST, port: 1 }] })).toBeDefined();
    const { exitCode: _, signal: __, cpuMs: ___, peakMemoryBytes: ____, ...least } = RECEIPT;
    expect(parseReceipt(receiptText({ ...least, outcome: 'timeout' }))).toBeDefined();
  });

  test.each([
    ['more than it may', { note: 'what the model said' }],
    ['a longer node', { node: 'n'.repeat(65) }],
    ['a longer call', { callKey: 'c'.repeat(129) }],
    ['a longer hash', { outputHash: `${HASH}0` }],
    ['a shorter hash', { ticketHash: HASH.slice(1) }],
    ['a hash in capitals', { codeHash: HASH.toUpperCase() }],
    ['an outcome that there is not', { outcome: 'fine' }],
    ['a signal that is none', { signal: 'x SIGTERM' }],
    ['a signal with words after it', { signal: 'SIGTERM, they say' }],
    ['a longer signal', { signal: `SIG${'A'.repeat(17)}` }],
    ['less time than none', { durationMs: -1 }],
    ['less of a processor than none', { cpuMs: -1 }],
    ['fewer bytes than none', { outputBytes: -1 }],
    ['half a byte', { peakMemoryBytes: 0.5 }],
    ['too many hosts', { hosts: Array(MAX_RECEIPT_HOSTS + 1).fill(HOST) }],
    ['a longer host', { hosts: [{ ...HOST, host: 'h'.repeat(254) }] }],
    ['port 0', { hosts: [{ ...HOST, port: 0 }] }],
    ['port 65536', { hosts: [{ ...HOST, port: 65_536 }] }],
    ['more about a host than it may', { hosts: [{ ...HOST, path: '/secret' }] }],
  ])('refuses one that says %s', (_, changes) => {
    expect(read(changes)).toBeUndefined();
  });

  test.each(['', '{}', 'null', '{"node":', ' '.repeat(MAX_RECEIPT_BYTES + 1)])(
    'refuses what is no receipt',
    (text) => {
      expect(parseReceipt(text)).toBeUndefined();
    },
  );
});
