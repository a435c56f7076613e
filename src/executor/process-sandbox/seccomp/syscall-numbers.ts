/**
 * The numbers by which programs ask the kernel, for the two machines that are supported.
 *
 * @module
 */

export const ARCHITECTURES = ['x86-64', 'arm64'] as const;

export type Architecture = (typeof ARCHITECTURES)[number];

/** Each line: the number of its first name; the others follow one by one. From `asm/unistd_64.h`. */
const X86_64 = `
  0 read write open close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction
  14 rt_sigprocmask rt_sigreturn ioctl pread64 pwrite64 readv writev access pipe select
  24 sched_yield mremap msync mincore madvise shmget shmat shmctl dup dup2 pause nanosleep
  36 getitimer alarm setitimer getpid sendfile socket connect accept sendto recvfrom sendmsg
  47 recvmsg shutdown bind listen getsockname getpeername socketpair setsockopt getsockopt clone
  57 fork vfork execve exit wait4 kill uname semget semop semctl shmdt msgget msgsnd msgrcv msgctl
  72 fcntl flock fsync fdatasync truncate ftruncate getdents getcwd chdir fchdir rename mkdir
  84 rmdir creat link unlink symlink readlink chmod fchmod chown fchown lchown umask gettimeofday
  97 getrlimit getrusage sysinfo times ptrace getuid syslog getgid setuid setgid geteuid getegid
  109 setpgid getppid getpgrp setsid setreuid setregid getgroups setgroups setresuid getresuid
  119 setresgid getresgid getpgid setfsuid setfsgid getsid capget capset rt_sigpending
  128 rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend sigaltstack utime mknod uselib personality
  136 ustat statfs fstatfs sysfs getpriority setpriority sched_setparam sched_getparam
  144 sched_setscheduler sched_getscheduler sched_get_priority_max sched_get_priority_min
  148 sched_rr_get_interval mlock munlock mlockall munlockall vhangup modify_ldt pivot_root
  156 _sysctl prctl arch_prctl adjtimex setrlimit chroot sync acct settimeofday mount umount2
  167 swapon swapoff reboot sethostname setdomainname iopl ioperm create_module init_module
  176 delete_module get_kernel_syms query_module quotactl nfsservctl getpmsg putpmsg afs_syscall
  184 tuxcall security gettid readahead setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr
  194 listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr tkill time futex
  203 sched_setaffinity sched_getaffinity set_thread_area io_setup io_destroy io_getevents
  209 io_submit io_cancel get_thread_area lookup_dcookie epoll_create epoll_ctl_old epoll_wait_old
  216 remap_file_pages getdents64 set_tid_address restart_syscall semtimedop fadvise64
  222 timer_create timer_settime timer_gettime timer_getoverrun timer_delete clock_settime
  228 clock_gettime clock_getres clock_nanosleep exit_group epoll_wait epoll_ctl tgkill utimes
  236 vserver mbind set_mempolicy get_mempolicy mq_open mq_unlink mq_timedsend mq_timedreceive
  244 mq_notify mq_getsetattr kexec_load waitid add_key request_key keyctl ioprio_set ioprio_get
  253 inotify_init inotify_add_watch inotify_rm_watch migrate_pages openat mkdirat mknodat
  260 fchownat futimesat newfstatat unlinkat renameat linkat symlinkat readlinkat fchmodat
  269 faccessat pselect6 ppoll unshare set_robust_list get_robust_list splice tee sync_file_range
  278 vmsplice move_pages utimensat epoll_pwait signalfd timerfd_create eventfd fallocate
  286 timerfd_settime timerfd_gettime accept4 signalfd4 eventfd2 epoll_create1 dup3 pipe2
  294 inotify_init1 preadv pwritev rt_tgsigqueueinfo perf_event_open recvmmsg fanotify_init
  301 fanotify_mark prlimit64 name_to_handle_at open_by_handle_at clock_adjtime syncfs sendmmsg
  308 setns getcpu process_vm_readv process_vm_writev kcmp finit_module sched_setattr
  315 sched_getattr renameat2 seccomp getrandom memfd_create kexec_file_load bpf execveat
  323 userfaultfd membarrier mlock2 copy_file_range preadv2 pwritev2 pkey_mprotect pkey_alloc
  331 pkey_free statx io_pgetevents rseq
  424 pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount
  430 fsopen fsconfig fsmount fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2
  440 process_madvise epoll_pwait2 mount_setattr quotactl_fd landlock_create_ruleset
  445 landlock_add_rule landlock_restrict_self memfd_secret process_mrelease futex_waitv
  450 set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait
  456 futex_requeue statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal
  463 setxattrat getxattrat listxattrat removexattrat open_tree_attr file_getattr file_setattr
`;

/** From `asm-generic/unistd.h`, without what only 32-bit machines have. */
const ARM64 = `
  0 io_setup io_destroy io_submit io_cancel io_getevents setxattr lsetxattr fsetxattr getxattr
  9 lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr
  17 getcwd lookup_dcookie eventfd2 epoll_create1 epoll_ctl epoll_pwait dup dup3 fcntl
  26 inotify_init1 inotify_add_watch inotify_rm_watch ioctl ioprio_set ioprio_get flock mknodat
  34 mkdirat unlinkat symlinkat linkat renameat umount2 mount pivot_root nfsservctl statfs fstatfs
  45 truncate ftruncate fallocate faccessat chdir fchdir chroot fchmod fchmodat fchownat fchown
  56 openat close vhangup pipe2 quotactl getdents64 lseek read write readv writev pread64 pwrite64
  69 preadv pwritev sendfile pselect6 ppoll signalfd4 vmsplice splice tee readlinkat newfstatat
  80 fstat sync fsync fdatasync
  84 sync_file_range timerfd_create timerfd_settime timerfd_gettime utimensat acct capget capset
  92 personality exit exit_group waitid set_tid_address unshare futex set_robust_list
  100 get_robust_list nanosleep getitimer setitimer kexec_load init_module delete_module
  107 timer_create timer_gettime timer_getoverrun timer_settime timer_delete clock_settime
  113 clock_gettime clock_getres clock_nanosleep syslog ptrace sched_setparam sched_setscheduler
  120 sched_getscheduler sched_getparam sched_setaffinity sched_getaffinity sched_yield
  125 sched_get_priority_max sched_get_priority_min sched_rr_get_interval restart_syscall kill
  130 tkill tgkill sigaltstack rt_sigsuspend rt_sigaction rt_sigprocmask rt_sigpending
  137 rt_sigtimedwait rt_sigqueueinfo rt_sigreturn setpriority getpriority reboot setregid setgid
  145 setreuid setuid setresuid getresuid setresgid getresgid setfsuid setfsgid times setpgid
  155 getpgid getsid setsid getgroups setgroups uname sethostname setdomainname getrlimit
  164 setrlimit getrusage umask prctl getcpu gettimeofday settimeofday adjtimex getpid getppid
  174 getuid geteuid getgid getegid gettid sysinfo mq_open mq_unlink mq_timedsend mq_timedreceive
  184 mq_notify mq_getsetattr msgget msgctl msgrcv msgsnd semget semctl semtimedop semop shmget
  195 shmctl shmat shmdt socket socketpair bind listen accept connect getsockname getpeername
  206 sendto recvfrom setsockopt getsockopt shutdown sendmsg recvmsg readahead brk munmap mremap
  217 add_key request_key keyctl clone execve mmap fadvise64 swapon swapoff mprotect msync mlock
  229 munlock mlockall munlockall mincore madvise remap_file_pages mbind get_mempolicy
  237 set_mempolicy migrate_pages move_pages rt_tgsigqueueinfo perf_event_open accept4 recvmmsg
  260 wait4 prlimit64 fanotify_init fanotify_mark name_to_handle_at open_by_handle_at
  266 clock_adjtime syncfs setns sendmmsg process_vm_readv process_vm_writev kcmp finit_module
  274 sched_setattr sched_getattr renameat2 seccomp getrandom memfd_create bpf execveat
  282 userfaultfd membarrier mlock2 copy_file_range preadv2 pwritev2 pkey_mprotect pkey_alloc
  290 pkey_free statx io_pgetevents rseq kexec_file_load
  424 pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount
  430 fsopen fsconfig fsmount fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2
  440 process_madvise epoll_pwait2 mount_setattr quotactl_fd landlock_create_ruleset
  445 landlock_add_rule landlock_restrict_self memfd_secret process_mrelease futex_waitv
  450 set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait
  456 futex_requeue statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal
  463 setxattrat getxattrat listxattrat removexattrat open_tree_attr file_getattr file_setattr

`;

/** By name. A name that a machine does not have is absent. */
export const SYSCALL_NUMBERS: Readonly<Record<Architecture, ReadonlyMap<string, number>>> = {
  'x86-64': readTable(X86_64),
  arm64: readTable(ARM64),
};

function readTable(text: string): ReadonlyMap<string, number> {
  const rows = text.trim().split('\n');
  return new Map(
    rows.flatMap((row) => {
      const [first, ...names] = row.trim().split(' ');
      return names.map((name, index): [string, number] => [name, Number(first) + index]);
    }),
  );
}
