/** Each forbidden system call, made for real by a program in a sandbox. */

import { beforeAll, describe, expect, test } from 'vitest';
import { SYSCALL_NUMBERS } from '../../../src/executor/process-sandbox/seccomp/syscall-numbers.ts';
import { describeSandbox } from '../../executor/support/describe-sandbox.ts';
import { runPerl } from '../../executor/support/process-sandbox.ts';

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

const NUMBERS = SYSCALL_NUMBERS[process.arch === 'arm64' ? 'arm64' : 'x86-64'];

/** Arguments with which the kernel would go to work, or complain of something else than of us. */
const REFUSED: readonly (readonly [name: string, errno: number, ...args: number[]])[] = [
  ['ptrace', EPERM, 0, 0, 0, 0],
  ['mount', EPERM, 0, 0, 0, 0, 0],
  ['umount2', EPERM, 0, 2],
  ['pivot_root', EPERM, 0, 0],
  ['chroot', EPERM, 0],
  ['open_tree', EPERM, -100, 0, 1],
  ['move_mount', EPERM, 0, 0, 0, 0, 0],
  ['fsopen', EPERM, 0, 0],
  ['mount_setattr', EPERM, 0, 0, 0, 0, 0],
  ['bpf', EPERM, 0, 0, 0],
  ['keyctl', EPERM, 0, -3, 1],
  ['add_key', EPERM, 0, 0, 0, 0, -3],
  ['request_key', EPERM, 0, 0, 0, 0],
  ['unshare', EPERM, 0x10000000],
  ['setns', EPERM, 0, 0],
  ['clone', EPERM, 0x10000011, 0, 0, 0, 0],
  ['clone3', ENOSYS, 0, 0],
  ['userfaultfd', EPERM, 1],
  ['io_uring_setup', EPERM, 1, 0],
  ['io_uring_enter', EPERM, 0, 0, 0, 0, 0, 0],
  ['perf_event_open', EPERM, 0, 0, -1, -1, 0],
  ['kexec_load', EPERM, 0, 0, 0, 0],
  ['kexec_file_load', EPERM, 0, 0, 0, 0, 0],
  ['init_module', EPERM, 0, 0, 0],
  ['finit_module', EPERM, 0, 0, 0],
  ['delete_module', EPERM, 0, 0],
  ['process_vm_readv', EPERM, 1, 0, 0, 0, 0, 0],
  ['process_vm_writev', EPERM, 1, 0, 0, 0, 0, 0],
  ['pidfd_getfd', EPERM, 0, 0, 0],
  ['kcmp', EPERM, 1, 1, 0, 0, 0],
  ['open_by_handle_at', EPERM, 0, 0, 0],
  ['name_to_handle_at', EPERM, -100, 0, 0, 0, 0],
  ['fanotify_init', EPERM, 0, 0],
  ['mknodat', EPERM, -100, 0, 0x2000, 0],
  ['syslog', EPERM, 3, 0, 0],
  ['reboot', EPERM, 0, 0, 0, 0],
  ['swapon', EPERM, 0, 0],
  ['sethostname', EPERM, 0, 0],
  ['clock_settime', EPERM, 0, 0],
  ['acct', EPERM, 0],
  ['memfd_secret', EPERM, 0],
  ['ioctl', EPERM, 0, 0x5412, 0],
  ['ioctl', EPERM, 0, 0x541c, 0],
  ['fcntl', EPERM, 0, 1024, 0],
  ['personality', EPERM, 0x0040000],
  ['socket', EAFNOSUPPORT, 1, 1, 0],
  ['socket', EAFNOSUPPORT, 2, 1, 0],
  ['socket', EAFNOSUPPORT, 2, 2, 0],
  ['socket', EAFNOSUPPORT, 2, 3, 1],
  ['socket', EAFNOSUPPORT, 16, 3, 0],
  ['socket', EAFNOSUPPORT, 17, 3, 0],
  ['socket', EAFNOSUPPORT, 38, 5, 0],
  ['socket', EAFNOSUPPORT, 40, 1, 0],
  ['socketpair', EAFNOSUPPORT, 1, 2, 0, 0],
];

describeSandbox('a program that asks the kernel for more', () => {
  let answers: readonly string[] = [];

  beforeAll(async () => {
    const calls = REFUSED.map(
      ([name, , ...args]) => `$! = 0; $r = syscall(${[NUMBERS.get(name), ...args].join(', ')});
        print $r == -1 ? $! + 0 : 'done', "\\n";`,
    );
    answers = (await runPerl(`my $r; ${calls.join('\n')}`)).out.trim().split('\n');
  });

  test.each(REFUSED.map(([name, errno, ...args], at) => ({ name, args, errno, at })))(
    'is refused $name $args',
    ({ errno, at }) => {
      expect(answers[at]).toBe(String(errno));
    },
  );
});

describeSandbox('a program that enters the kernel by another door', () => {
  test.runIf(process.arch === 'x64')('is ended when it uses the numbers of x32', async () => {
    const { out, end } = await runPerl(`syscall(0x40000000 | 39); print 'alive'`);
    expect(out).toBe('');
    expect(end.signal).toBe('SIGSYS');
  });
});

describe('the list of refused calls', () => {
  test('names calls of this machine', () => {
    expect(REFUSED.filter(([name]) => !NUMBERS.has(name))).toEqual([]);
  });
});
