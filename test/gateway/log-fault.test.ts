import { afterEach, expect, test, vi } from 'vitest';
import { logFault } from '../../src/gateway/log-fault.ts';

const CANARY = 'canary-of-a-message';

afterEach(() => vi.restoreAllMocks());

/** What is logged of it, with the places alone as they are. */
function logged(thrown: unknown): { readonly at: readonly string[] } {
  const lines: string[] = [];
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(line));
  logFault(thrown, 'internal', 'req_1');
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

test('a mistake is logged with its places, and with nothing of its message', () => {
  const { at } = logged(new TypeError(`no ${CANARY}\n    at ${CANARY} (file.js:1:1)`));
  expect(at.length).toBeGreaterThan(0);
  expect(at.join()).toContain('log-fault.test.ts');
  expect(at.join()).not.toContain(CANARY);
});

test('what is no error has no places', () => {
  for (const thrown of [`    at ${CANARY}`, undefined]) expect(logged(thrown).at).toEqual([]);
});
