import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  compareExecution,
  compareModule,
  judgeDenial,
  type ReceiptFinding,
} from '../../src/cli/receipt/compare-receipt.ts';
import { parseReceipt, readReceiptFile } from '../../src/cli/receipt/receipt-file.ts';
import type { Receipt } from '../../src/core/conversation/tool-result.ts';

const RECEIPT: Receipt = {
  codeHash: 'a'.repeat(64),
  argumentHash: 'b'.repeat(64),
  outputHash: 'c'.repeat(64),
  revision: 7,
  fuel: 1_000,
  hardeningVersion: 3,
  configHash: 'e'.repeat(64),
};
const ANSWER = '{"words":2}';
const AGAIN = { kind: 'answered', text: ANSWER, receipt: { ...RECEIPT, revision: 2 } } as const;

function verdicts(findings: readonly ReceiptFinding[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ field, verdict }) => [field, verdict]));
}

describe('compareExecution()', () => {
  test('confirms what was found again, under whatever revision', () => {
    expect(verdicts(compareExecution({ receipt: RECEIPT, result: ANSWER }, AGAIN, false))).toEqual({
      argumentHash: 'confirmed',
      configHash: 'confirmed',
      hardeningVersion: 'confirmed',
      fuel: 'confirmed',
      outputHash: 'confirmed',
      result: 'confirmed',
    });
  });

  test.each([
    ['argumentHash', { argumentHash: 'd'.repeat(64) }],
    ['outputHash', { outputHash: 'd'.repeat(64) }],
    ['fuel', { fuel: 1_001 }],
    ['fuel', { fuel: 0 }],
    ['hardeningVersion', { hardeningVersion: 4 }],
    ['configHash', { configHash: 'd'.repeat(64) }],
  ])('names %s as the one thing that differs', (field, flipped) => {
    const findings = compareExecution({ receipt: { ...RECEIPT, ...flipped } }, AGAIN, false);
    const differing = findings.filter(({ verdict }) => verdict !== 'confirmed');
    expect(differing).toMatchObject([{ field, verdict: 'differs' }]);
    expect(differing[0]?.says).toContain(`found ${RECEIPT[field as keyof Receipt]}`);
  });

  test('a receipt without fuel confirms none', () => {
    const { fuel: _, ...without } = RECEIPT;
    expect(verdicts(compareExecution({ receipt: without }, AGAIN, false)).fuel).toBe('differs');
    const both = { ...AGAIN, receipt: without };
    expect(verdicts(compareExecution({ receipt: without }, both, false)).fuel).toBe('differs');
  });

  test('settings and hardening version count if either side has them, and not if neither has', () => {
    const { configHash: _, hardeningVersion: __, ...older } = RECEIPT;
    const found = verdicts(compareExecution({ receipt: older }, AGAIN, false));
    expect(found).toMatchObject({ configHash: 'differs', hardeningVersion: 'differs' });
    const both = compareExecution({ receipt: older }, { ...AGAIN, receipt: older }, false);
    expect(Object.keys(verdicts(both))).toEqual(['argumentHash', 'fuel', 'outputHash']);
  });

  test('a plugin with clock or chance may differ in what came of it, not in what went in', () => {
    const receipt = {
      ...RECEIPT,
      argumentHash: 'd'.repeat(64),
      fuel: 1,
      outputHash: 'd'.repeat(64),
    };
    expect(verdicts(compareExecution({ receipt, result: '' }, AGAIN, true))).toEqual({
      argumentHash: 'differs',
      configHash: 'confirmed',
      hardeningVersion: 'confirmed',
      fuel: 'not-executable',
      outputHash: 'not-executable',
      result: 'not-executable',
    });
  });

  test('an answer that somebody put beside a good receipt is not confirmed by it', () => {
    const forged = { receipt: RECEIPT, result: '{"words":3}' };
    expect(verdicts(compareExecution(forged, AGAIN, false)).result).toBe('differs');
  });
});

test('compareModule() tells one module from another', () => {
  expect(compareModule(RECEIPT, RECEIPT.codeHash).verdict).toBe('confirmed');
  expect(compareModule(RECEIPT, 'd'.repeat(64)).verdict).toBe('differs');
});

describe('judgeDenial()', () => {
  test.each([
    ['dispatch', 'host_denied'],
    ['capability', 'workspace_allow_missing'],
  ])('says of a call that asked its host that it is not executable (%s, %s)', (check, reason) => {
    expect(judgeDenial({ kind: 'denied', check, reason }).verdict).toBe('not-executable');
  });

  test.each([
    ['dispatch', 'fuel'],
    ['structure', 'schema_mismatch'],
    ['registry', 'unknown_tool'],
  ])('says of any other that it differs (%s, %s)', (check, reason) => {
    expect(judgeDenial({ kind: 'denied', check, reason }).verdict).toBe('differs');
  });
});

describe('parseReceipt()', () => {
  test('reads a receipt', () => {
    expect(parseReceipt({ ...RECEIPT })).toEqual(RECEIPT);
  });

  test.each<[string, object | null]>([
    ['nothing', null],
    ['no hash', { ...RECEIPT, codeHash: '' }],
    ['a hash in capitals', { ...RECEIPT, codeHash: 'A'.repeat(64) }],
    ['a hash that is too long', { ...RECEIPT, outputHash: 'a'.repeat(65) }],
    ['half a unit of fuel', { ...RECEIPT, fuel: 0.5 }],
    ['negative fuel', { ...RECEIPT, fuel: -1 }],
    ['a revision that is a text', { ...RECEIPT, revision: '7' }],
    ['a member that nobody compares', { ...RECEIPT, approved: true }],
  ])('refuses %s', (_, json) => {
    expect(() => parseReceipt(json as never)).toThrow('must be as gateways write them');
  });
});

describe('readReceiptFile()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-receipt-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function fileOf(answer: object): string {
    const path = join(folder, 'answer.json');
    writeFileSync(path, JSON.stringify(answer));
    return path;
  }

  test('takes a receipt out of the answer around it, and with what it says', () => {
    const claimed = { receipt: RECEIPT, result: 'hello' };
    expect(readReceiptFile(fileOf({ ...claimed, cost: { fuel: 1 } }))).toEqual(claimed);
    expect(readReceiptFile(fileOf(RECEIPT))).toEqual({ receipt: RECEIPT });
  });

  test('says of a call that was denied that it has none', () => {
    const denied = { code: 'denied', status: 403, check: 'dispatch', reason: 'fuel' };
    expect(() => readReceiptFile(fileOf(denied))).toThrow('the call was denied');
  });
});
