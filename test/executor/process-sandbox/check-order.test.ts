import { describe, expect, test } from 'vitest';
import type { HostPath } from '../../../src/executor/host-path.ts';
import {
  findOrderProblem,
  MAX_GRANTED_PATHS,
} from '../../../src/executor/process-sandbox/check-order.ts';
import { type OrderParts, orderOf } from '../support/process-sandbox.ts';

const problemOf = (parts: OrderParts, argv = ['/bin/true']) =>
  findOrderProblem(orderOf(argv, parts));

const paths = (count: number) =>
  Array.from({ length: count }, (_, index) => `/data/${index}` as HostPath);

describe('findOrderProblem()', () => {
  test('finds none in an order that uses all it may', () => {
    const all: OrderParts = {
      id: 'a'.repeat(64),
      reads: paths(MAX_GRANTED_PATHS - 1),
      writes: ['/tmp/shared' as HostPath],
      secretFiles: [{ name: 'a'.repeat(64), bytes: new Uint8Array() }],
      environment: { _A1: 'any value = allowed' },
      limits: { processes: 1 },
    };
    expect(problemOf(all)).toBeUndefined();
  });

  test.each(['', 'A', '../up', 'a/b', 'a'.repeat(65)])('refuses the id "%s"', (id) => {
    expect(problemOf({ id })).toContain('its id');
  });

  test.each([[[]], [['true']], [['./true']], [['']]])('refuses the program %j', (argv) => {
    expect(problemOf({}, argv)).toContain('its program');
  });

  test('refuses NUL, which would end a text early for the kernel', () => {
    expect(problemOf({}, ['/bin/true', 'a\0b'])).toContain('NUL');
    expect(problemOf({ environment: { A: '\0--bind\0/\0/' } })).toContain('NUL');
    expect(problemOf({ reads: ['/data\0/etc' as HostPath] })).toContain('NUL');
    expect(problemOf({ writes: ['/data\0/etc' as HostPath] })).toContain('NUL');
  });

  test.each(['', '1A', 'A=B', 'A B', 'A\0'])('refuses the variable "%s"', (name) => {
    expect(problemOf({ environment: { [name]: '' } })).toContain('variables');
  });

  test.each(['', '..', 'a/b', 'a.b', 'a'.repeat(65)])('refuses the secret "%s"', (name) => {
    const secretFiles = [{ name, bytes: new Uint8Array() }];
    expect(problemOf({ secretFiles })).toContain('names of secrets');
  });

  test('refuses a secret that is named twice', () => {
    const secret = { name: 'token', bytes: new Uint8Array() };
    expect(problemOf({ secretFiles: [secret, secret] })).toContain('once');
  });

  test.each([
    '/',
    '/proc',
    '/proc/1/environ',
    '/sys',
    '/dev/kvm',
    '/run/user/0/bus',
    '/plugin',
    '/job/x',
    '/tmp',
    '/etc',
    '/usr',
    ...['/bin', '/sbin', '/lib', '/lib64', '/job', '/run'],
  ])('refuses to grant %s', (path) => {
    expect(problemOf({ reads: [path as HostPath] })).toContain('every sandbox has itself');
    expect(problemOf({ writes: [path as HostPath] })).toContain('every sandbox has itself');
  });

  test('refuses more paths than it can mount', () => {
    expect(problemOf({ reads: paths(MAX_GRANTED_PATHS + 1) })).toContain('at most');
  });

  test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses the limit %d', (value) => {
    expect(problemOf({ limits: { memoryBytes: value } })).toContain('its limits');
  });
});
