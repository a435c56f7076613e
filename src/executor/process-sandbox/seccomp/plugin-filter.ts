/**
 * Which system calls a plugin may make: those that ordinary programs need to compute, to work with
 * files and processes of their own, and, with egress, to open TCP connections. What is not listed
 * is refused with `EPERM`, so that programs which try and fall back go on.
 *
 * Left out on purpose: whatever looks into other processes, mounts, loads code into the kernel,
 * makes namespaces, opens kernel-wide files by handle, leaves a set-user-id program in a granted
 * folder, or has a large attack surface and a fallback (`io_uring`, `userfaultfd`, `perf_event_open`).
 *
 * @module
 */

import type { ArgumentTest, ConditionalRule, FilterPolicy } from './compile-filter.ts';

/** `tcp`: sockets to connect with, which in the sandbox's network reach the proxy alone. */
export type NetworkUse = 'none' | 'tcp';

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

const AF_INET = 2;
const AF_INET6 = 10;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;
/** None named, and TCP: others bring code of the kernel along that few ever look at. */
const STREAM_PROTOCOLS = [0, 6];
/** The rest of a socket's type is flags: non-blocking, close-on-exec. */
const SOCKET_TYPE_MASK = 0xf;
/** They stay with each other. One of datagrams sends to whatever socket of the host lies in a granted folder. */
const PAIRED_TYPES = [SOCK_STREAM, SOCK_SEQPACKET];

/** `CLONE_NEWTIME` is the signal's byte in `clone`, so it cannot be asked for there. */
const CLONE_NAMESPACE_FLAGS = 0x7e020000;

/** Put characters into a terminal, draw on a console, change a line discipline. */
const REFUSED_IOCTLS = { TIOCSTI: 0x5412, TIOCLINUX: 0x541c, TIOCSETD: 0x5423 };

/** Makes the host wait for the plugin whenever it opens a file of a granted folder. */
const REFUSED_FCNTLS = { F_SETLEASE: 1024 };

/** Linux as it is, 32-bit layout as some runtimes ask for it, and "tell me the present one". */
const ALLOWED_PERSONALITIES = [0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** Set-user-id and set-group-id: what carries them runs as whoever owns it, outside as well. */
const SET_ID_BITS = 0o6000;

/** `O_CREAT` and what is `O_TMPFILE` alone; without them nobody reads the mode. */
const CREATES = 0o20000100;

const INPUT_OUTPUT = words(`
  read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 close close_range
  dup dup2 dup3 pipe pipe2 poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl
  epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 sendfile splice tee copy_file_range lseek
  flock timerfd_create timerfd_settime timerfd_gettime signalfd signalfd4 inotify_init
  inotify_init1 inotify_add_watch inotify_rm_watch readahead fadvise64 sync_file_range`);

const FILES = words(`
  stat fstat lstat newfstatat statx statfs fstatfs access faccessat
  faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink
  unlinkat rename renameat renameat2 link linkat symlink symlinkat
  chown fchown lchown fchownat truncate ftruncate fallocate fsync fdatasync syncfs umask utime
  utimes utimensat futimesat getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr
  lsetxattr fsetxattr removexattr lremovexattr fremovexattr cachestat`);

const MEMORY = words(`
  mmap munmap mremap mprotect madvise brk msync mincore mlock mlock2 munlock mlockall munlockall
  membarrier memfd_create pkey_alloc pkey_free pkey_mprotect get_mempolicy set_mempolicy mbind
  mseal`);

const PROCESSES = words(`
  exit exit_group wait4 waitid fork vfork execve execveat getpid getppid gettid getuid geteuid
  getgid getegid getresuid getresgid getgroups getpgid getpgrp setpgid getsid setsid setuid setgid
  setresuid setresgid setreuid setregid setgroups capget capset kill tkill tgkill rt_sigaction
  rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigpending rt_sigtimedwait rt_sigqueueinfo
  rt_tgsigqueueinfo sigaltstack pause prctl arch_prctl set_tid_address set_robust_list
  get_robust_list rseq getrlimit setrlimit prlimit64 getrusage times sysinfo uname getcpu pidfd_open
  pidfd_send_signal getpriority setpriority sched_yield sched_getaffinity sched_setaffinity
  sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_getattr sched_setattr
  sched_get_priority_max sched_get_priority_min sched_rr_get_interval ioprio_get ioprio_set
  restart_syscall landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp`);

const SYNCHRONISATION = words(`
  futex futex_waitv futex_wake futex_wait futex_requeue semget semop semctl semtimedop shmget shmat
  shmctl shmdt msgget msgsnd msgrcv msgctl`);

const TIME_AND_CHANCE = words(`
  time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep alarm getitimer setitimer
  timer_create timer_settime timer_gettime timer_getoverrun timer_delete getrandom`);

/** On sockets that a plugin has already: pairs, and what `socket` allows below. */
const SOCKETS = words(`
  bind connect listen accept accept4 getsockname getpeername getsockopt setsockopt sendto
  recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown`);

/** Whatever the network: what else they do is refused. */
const BY_ARGUMENT: FilterPolicy['conditional'] = {
  ...{ chmod: withMode(1), fchmod: withMode(1), creat: withMode(1) },
  ...{ fchmodat: withMode(2), fchmodat2: withMode(2) },
  ...{ open: withMode(2, { flags: 1 }), openat: withMode(3, { flags: 2 }) },
  clone: { anyOf: [[equal(0, 0, CLONE_NAMESPACE_FLAGS)]], errno: EPERM },
  ioctl: unequalTo(REFUSED_IOCTLS),
  fcntl: unequalTo(REFUSED_FCNTLS),
  personality: { anyOf: ALLOWED_PERSONALITIES.map((value) => [equal(0, value)]), errno: EPERM },
  socketpair: {
    anyOf: PAIRED_TYPES.map((type) => [equal(0, AF_UNIX), equal(1, type, SOCKET_TYPE_MASK)]),
    errno: EAFNOSUPPORT,
  },
};

export function pluginFilter(network: NetworkUse): FilterPolicy {
  return {
    allowed: [
      ...INPUT_OUTPUT,
      ...FILES,
      ...MEMORY,
      ...PROCESSES,
      ...SYNCHRONISATION,
      ...TIME_AND_CHANCE,
      ...SOCKETS,
    ],
    // Their flags lie in memory, where no filter can read them. Whoever asks falls back to the others.
    refused: { clone3: ENOSYS, openat2: ENOSYS },
    conditional: { ...BY_ARGUMENT, socket: connecting(network) },
    errno: EPERM,
    unknownErrno: ENOSYS,
  };
}

function connecting(network: NetworkUse): ConditionalRule {
  const families = network === 'tcp' ? [AF_INET, AF_INET6] : [];
  const anyOf = families.flatMap((family) =>
    STREAM_PROTOCOLS.map((protocol) => [
      equal(0, family),
      equal(1, SOCK_STREAM, SOCKET_TYPE_MASK),
      equal(2, protocol),
    ]),
  );
  return { anyOf, errno: EAFNOSUPPORT };
}

/** Of calls whose second argument says what they do. */
function unequalTo(refused: Readonly<Record<string, number>>): ConditionalRule {
  const others = Object.values(refused).map(
    (value): ArgumentTest => ({ argument: 1, is: 'unequal', value }),
  );
  return { anyOf: [others], errno: EPERM };
}

/** Arguments by number; with `flags`, the mode counts only where something is made. */
function withMode(mode: number, { flags }: { readonly flags?: number } = {}): ConditionalRule {
  const isPlain = [equal(mode, 0, SET_ID_BITS)];
  const anyOf = flags === undefined ? [isPlain] : [[equal(flags, 0, CREATES)], isPlain];
  return { anyOf, errno: EPERM };
}

function equal(argument: number, value: number, mask?: number): ArgumentTest {
  return { argument, is: 'equal', value, ...(mask === undefined ? {} : { mask }) };
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
