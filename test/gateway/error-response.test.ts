import { describe, expect, test } from 'vitest';
import type { Denial } from '../../src/core/errors/denial.ts';
import { CHECK_REASONS } from '../../src/core/errors/reasons.ts';
import { remedyFor } from '../../src/core/errors/remedies.ts';
import { ERROR_WRITERS } from '../../src/gateway/client-errors.ts';
import { toProblemResponse } from '../../src/gateway/error-response.ts';

const denials = Object.entries(CHECK_REASONS).flatMap(([check, reasons]) =>
  reasons.map((reason) => ({ kind: 'denial', check, reason }) as Denial),
);
const PRIVATE: Denial = { kind: 'denial', check: 'sanitise', reason: 'private_address' };

describe('a denial', () => {
  test('tells a program what to do about it, whatever the reason', async () => {
    expect(denials.length).toBeGreaterThan(60);
    for (const denial of denials) {
      const problem = { code: 'denied', requestId: 'req_1', denial } as const;
      const { detail } = await toProblemResponse(problem).json<{ detail: string }>();
      expect(detail).toBe(
        `Denied by check "${denial.check}": ${denial.reason}. ${remedyFor(denial)}`,
      );
      expect(remedyFor(denial)).toMatch(/^[A-Z].{5,200}[^.]$/);
    }
  });

  test('tells nobody in a shape that a model may be shown', async () => {
    for (const write of [
      ERROR_WRITERS.openai,
      ERROR_WRITERS.anthropic,
      ERROR_WRITERS['json-rpc'],
    ]) {
      const problem = { code: 'denied', requestId: 'req_1', denial: PRIVATE } as const;
      expect(await write(problem).text()).not.toContain(remedyFor(PRIVATE));
    }
  });

  test('that has words of its own keeps to them', async () => {
    const problem = {
      code: 'denied',
      requestId: 'req_1',
      denial: PRIVATE,
      detail: 'Not so',
    } as const;
    expect(await toProblemResponse(problem).json()).toMatchObject({ detail: 'Not so' });
  });
});
