import { describe, expect, test } from 'vitest';
import {
  ACTIONS,
  AUDIT_ARCHITECTURES,
  compileFilter,
} from '../../../../src/executor/process-sandbox/seccomp/compile-filter.ts';
import {
  type NetworkUse,
  pluginFilter,
} from '../../../../src/executor/process-sandbox/seccomp/plugin-filter.ts';
import {
  ARCHITECTURES,
  type Architecture,
  SYSCALL_NUMBERS,
} from '../../../../src/executor/process-sandbox/seccomp/syscall-numbers.ts';
import { interpretBpf, interpretCall } from './interpret-bpf.ts';

const EPERM = ACTIONS.refuse(1);
const ENOSYS = ACTIONS.refuse(38);
const EAFNOSUPPORT = ACTIONS.refuse(97);
const HIGH_BITS = 0xffffffff00000000n;

const cases = ARCHITECTURES.flatMap((architecture) =>
  (['none', 'tcp'] as const).map((network): [Architecture, NetworkUse] => [architecture, network]),
);

describe.each(cases)('pluginFilter() on %s with network "%s"', (architecture, network) => {
  const policy = pluginFilter(network);
  const program = compileFilter(policy, architecture);
  const numbers = SYSCALL_NUMBERS[architecture];
  const last = Math.max(...numbers.values());
  const call = (name: string, ...args: bigint[]) =>
    interpretCall(program, architecture, [name, ...args]);

  test.each([...numbers.keys()].filter((name) => !(name in policy.conditional)))(
    'answers %s as the lists say',
    (name) => {
      const refused = name in policy.refused ? ACTIONS.refuse(policy.refused[name]!) : EPERM;
      expect(call(name)).toBe(policy.allowed.includes(name) ? ACTIONS.allow : refused);
    },
  );

  test.each(
    `ptrace mount umount2 pivot_root chroot open_tree move_mount fsopen fsmount mount_setattr bpf keyctl
     add_key request_key unshare setns userfaultfd io_uring_setup io_uring_enter io_uring_register
     perf_event_open kexec_load kexec_file_load init_module finit_module delete_module
     process_vm_readv process_vm_writev pidfd_getfd kcmp
     fanotify_init swapon swapoff reboot acct quotactl syslog settimeofday clock_settime
     sethostname setdomainname mknodat vhangup lookup_dcookie move_pages migrate_pages
     memfd_secret vmsplice open_by_handle_at name_to_handle_at statmount listmount adjtimex nfsservctl`
      .trim()
      .split(/\s+/),
  )('refuses %s', (name) => {
    expect(call(name)).toBe(EPERM);
  });

  test('refuses numbers without a name, and says that newer ones do not exist', () => {
    const names = new Set(numbers.values());
    const auditArchitecture = AUDIT_ARCHITECTURES[architecture];
    for (let number = 0; number <= last + 64; number++) {
      if (names.has(number)) continue;
      const answer = interpretBpf(program, { number, auditArchitecture });
      expect(answer).toBe(number > last ? ENOSYS : EPERM);
    }
  });

  test('ends a program that enters by another door, whatever it asks for', () => {
    const i386 = { number: 0, auditArchitecture: 0x40000003 };
    const x32 = { number: 0x40000000, auditArchitecture: AUDIT_ARCHITECTURES[architecture] };
    const negative = { ...x32, number: 0xffffffff };
    for (const foreign of [i386, x32, negative]) {
      expect(interpretBpf(program, foreign)).toBe(ACTIONS.killProcess);
    }
  });

  test('lets clone make threads and processes, and no namespace', () => {
    expect(call('clone', 0x3d0f00n)).toBe(ACTIONS.allow);
    expect(call('clone', 17n)).toBe(ACTIONS.allow);
    for (const bit of [17n, 25n, 26n, 27n, 28n, 29n, 30n]) {
      expect(call('clone', (1n << bit) | 17n)).toBe(EPERM);
    }
    expect(call('clone3', 0n)).toBe(ENOSYS);
  });

  test('lets ioctl do all but push characters and change terminals, whatever the high bits', () => {
    for (const command of [0x5412n, 0x541cn, 0x5423n]) {
      expect(call('ioctl', 0n, command)).toBe(EPERM);
      expect(call('ioctl', 0n, command | HIGH_BITS)).toBe(EPERM);
    }
    expect(call('ioctl', 0n, 0x5401n)).toBe(ACTIONS.allow);
    expect(call('ioctl', 0n, 0x5411n)).toBe(ACTIONS.allow);
    expect(call('ioctl', 0n, 0x5413n)).toBe(ACTIONS.allow);
  });

  test('lets personality ask and stay, and not switch address randomisation off', () => {
    expect(call('personality', 0xffffffffn)).toBe(ACTIONS.allow);
    expect(call('personality', 0n)).toBe(ACTIONS.allow);
    expect(call('personality', 0x0040000n)).toBe(EPERM);
  });

  test('lets no file become set-user-id or set-group-id, nor be made so', () => {
    const places = { chmod: 1, fchmod: 1, creat: 1, fchmodat: 2, fchmodat2: 2 };
    for (const [name, at] of Object.entries(places).filter(([name]) => numbers.has(name))) {
      const withMode = (mode: bigint) => call(name, ...Array(at).fill(0n), mode);
      expect(withMode(0o1777n)).toBe(ACTIONS.allow);
      for (const mode of [0o4755n, 0o2755n, 0o6000n, 0o4755n | HIGH_BITS]) {
        expect(withMode(mode)).toBe(EPERM);
      }
    }
    for (const [name, before] of [
      ['open', [0n]],
      ['openat', [0n, 0n]],
    ] as const) {
      if (!numbers.has(name)) continue;
      for (const create of [0o100n, 0o20200000n, 0o20000000n]) {
        expect(call(name, ...before, create, 0o644n)).toBe(ACTIONS.allow);
        expect(call(name, ...before, create, 0o4755n)).toBe(EPERM);
      }
      expect(call(name, ...before, 0o2000000n, 0o4755n)).toBe(ACTIONS.allow); // nobody reads it
    }
    expect(call('openat2')).toBe(ENOSYS);
  });

  test('makes TCP sockets with egress, and none without', () => {
    const tcp = network === 'tcp' ? ACTIONS.allow : EAFNOSUPPORT;
    const closeOnExec = 0o2000000n;
    for (const family of [2n, 10n]) {
      expect(call('socket', family, 1n)).toBe(tcp);
      expect(call('socket', family | HIGH_BITS, 1n | closeOnExec, 6n)).toBe(tcp);
      for (const other of [132n, 256n, 262n]) {
        expect(call('socket', family, 1n, other)).toBe(EAFNOSUPPORT); // SCTP, SMC, MPTCP
      }
    }
  });

  test.each([
    ['unix', 1n, 1n],
    ['unix datagrams', 1n, 2n],
    ['UDP', 2n, 2n],
    ['UDP over IPv6', 10n, 2n],
    ['raw', 2n, 3n],
    ['SCTP', 2n, 5n],
    ['netlink', 16n, 3n],
    ['packet', 17n, 3n],
    ['key', 15n, 3n],
    ['crypto', 38n, 5n],
    ['vsock', 40n, 1n],
    ['XDP', 44n, 3n],
    ['Bluetooth', 31n, 3n],
  ])('never makes %s sockets', (_name, family, type) => {
    expect(call('socket', family, type)).toBe(EAFNOSUPPORT);
  });

  test('makes pairs of unix sockets only, of kinds that reach nobody else', () => {
    const closeOnExec = 0o2000000n;
    for (const type of [1n, 5n, 1n | closeOnExec]) {
      expect(call('socketpair', 1n, type)).toBe(ACTIONS.allow);
    }
    for (const type of [2n, 3n, 2n | closeOnExec, 2n | HIGH_BITS]) {
      expect(call('socketpair', 1n, type)).toBe(EAFNOSUPPORT);
    }
    expect(call('socketpair', 30n, 1n)).toBe(EAFNOSUPPORT);
  });

  test('takes locks on files, and no leases', () => {
    for (const command of [0n, 4n, 6n, 37n, 1031n]) {
      expect(call('fcntl', 3n, command)).toBe(ACTIONS.allow);
    }
    for (const lease of [1024n, 1024n | HIGH_BITS]) expect(call('fcntl', 3n, lease)).toBe(EPERM);
  });
});

test('every name in the lists is a system call of one of the machines', () => {
  const known = new Set(ARCHITECTURES.flatMap((name) => [...SYSCALL_NUMBERS[name].keys()]));
  const { allowed, conditional, refused } = pluginFilter('tcp');
  const names = [...allowed, ...Object.keys(conditional), ...Object.keys(refused)];
  expect(names.filter((name) => !known.has(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

test.each(ARCHITECTURES)('the tables of %s give each number to one name', (architecture) => {
  const numbers = [...SYSCALL_NUMBERS[architecture].values()];
  expect(new Set(numbers).size).toBe(numbers.length);
});

test.each([
  ['x86-64', { read: 0, execve: 59, clone: 56, ptrace: 101, openat: 257, clone3: 435 }],
  ['arm64', { read: 63, execve: 221, clone: 220, ptrace: 117, openat: 56, clone3: 435 }],
] as const)('the tables of %s agree with the kernel in known places', (architecture, known) => {
  for (const [name, number] of Object.entries(known)) {
    expect(SYSCALL_NUMBERS[architecture].get(name)).toBe(number);
  }
});
