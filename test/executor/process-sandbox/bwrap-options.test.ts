import { describe, expect, test } from 'vitest';
import {
  bwrapOptions,
  type SandboxLayout,
} from '../../../src/executor/process-sandbox/bubblewrap/bwrap-options.ts';

const LAYOUT: SandboxLayout = {
  system: [{ kind: 'folder', path: '/usr' }],
  mounts: [],
  secrets: [],
  environment: {},
  network: 'none',
  privateBytes: 1024,
};

const optionsOf = (parts: Partial<SandboxLayout> = {}) =>
  bwrapOptions({ ...LAYOUT, ...parts })
    .split('\0')
    .slice(0, -1);

describe('bwrapOptions()', () => {
  test('names every namespace, since the short form does without those that it cannot make', () => {
    const options = optionsOf();
    for (const namespace of ['user', 'ipc', 'pid', 'net', 'uts', 'cgroup']) {
      expect(options).toContain(`--unshare-${namespace}`);
    }
    expect(options).not.toContain('--unshare-all');
    expect(options.filter((option) => option.endsWith('-try'))).toEqual([]);
  });

  test('makes no network where bubblewrap runs in the one that was made', () => {
    expect(optionsOf({ network: 'given' })).not.toContain('--unshare-net');
  });

  test('makes the root read-only after all mounts, and nothing of it again', () => {
    const options = optionsOf({ mounts: [{ descriptor: 7, path: '/data', mode: 'write' }] });
    const closed = options.lastIndexOf('--remount-ro');
    expect(options[closed + 1]).toBe('/');
    expect(options.slice(closed).filter((option) => /bind|tmpfs|dir$/.test(option))).toEqual([]);
  });

  test('mounts what lies in another mount after it, whatever the order', () => {
    const options = optionsOf({
      mounts: [
        { descriptor: 7, path: '/data/inner', mode: 'write' },
        { descriptor: 8, path: '/data', mode: 'read' },
      ],
    });
    expect(options.indexOf('/data')).toBeLessThan(options.indexOf('/data/inner'));
    expect(options.slice(options.indexOf('/data') - 2, options.indexOf('/data'))).toEqual([
      '--ro-bind-fd',
      '8',
    ]);
  });

  test('hides no part of the host that lies below a folder of its own', () => {
    const options = optionsOf({ system: [{ kind: 'folder', path: '/tmp/node/bin' }] });
    expect(options.indexOf('/tmp')).toBeLessThan(options.indexOf('/tmp/node/bin'));
  });

  test('bounds every folder in memory', () => {
    const options = optionsOf();
    const folders = options.flatMap((option, at) =>
      option === '--tmpfs' ? [[options[at + 1], options[at - 2]]] : [],
    );
    expect(folders).toEqual([
      ['/tmp', '--size'],
      ['/job', '--size'],
      ['/proc/1', '/proc/sys'],
      ['/dev/shm', '--size'],
    ]);
  });
});
