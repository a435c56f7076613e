import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allBut, toOciSeccomp } from '../../../src/executor/container-sandbox/oci-seccomp.ts';
import { pluginFilter } from '../../../src/executor/process-sandbox/seccomp/plugin-filter.ts';

const fits = (value: number, { mask, value: left }: { mask: number; value: number }) =>
  (value & mask) >>> 0 === left;

describe('allBut()', () => {
  test('fits every number but those it was given, each once', () => {
    const number = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 6 }), number, (refused, value) => {
        const patterns = allBut(refused);
        expect(refused.some((one) => patterns.some((pattern) => fits(one, pattern)))).toBe(false);
        const count = patterns.filter((pattern) => fits(value, pattern)).length;
        expect(count).toBe(refused.includes(value) ? 0 : 1);
      }),
    );
  });
});

describe.each(['x86-64', 'arm64'] as const)('toOciSeccomp() for %s', (architecture) => {
  const profile = toOciSeccomp(pluginFilter('none'), architecture);
  const allowed = profile.syscalls.filter(({ action }) => action === 'SCMP_ACT_ALLOW');

  test('names no argument twice in one rule: runtimes would read that as "or"', () => {
    for (const { args = [] } of allowed) {
      expect(new Set(args.map(({ index }) => index)).size).toBe(args.length);
    }
  });

  test.each([
    ...['ptrace', 'mount', 'bpf', 'keyctl', 'unshare', 'setns', 'userfaultfd', 'io_uring_setup'],
    ...['perf_event_open', 'kexec_load', 'init_module', 'clone3', 'socket', 'open_by_handle_at'],
  ])('does not allow %s', (name) => {
    expect(allowed.filter(({ names }) => names.includes(name))).toEqual([]);
  });

  test('allows clone without new namespaces alone', () => {
    const rules = allowed.filter(({ names }) => names.includes('clone'));
    expect(rules.map(({ args }) => args)).toEqual([
      [{ index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
    ]);
  });

  test('allows TCP sockets alone where there is a way out', () => {
    const tcp = toOciSeccomp(pluginFilter('tcp'), architecture);
    const rules = tcp.syscalls.filter(({ names }) => names.includes('socket'));
    expect(rules.map(({ args }) => args?.map(({ valueTwo }) => valueTwo))).toEqual([
      [2, 1, 0],
      [2, 1, 6],
      [10, 1, 0],
      [10, 1, 6],
    ]);
  });
});
