/**
 * Programs that run whatever they are told: shells, interpreters, and programs that start others or load
 * them into themselves, if only by an option (`sort --compress-program`, `curl --engine`). A list cannot be
 * complete: whoever may run a program that starts others may run those.
 *
 * @module
 */

const NAMES: ReadonlySet<string> = new Set(
  `sh bash rbash dash ash zsh ksh mksh lksh csh tcsh fish posh yash elvish pwsh nush busybox toybox
   node nodejs deno bun luajit guile awk gawk mawk nawk original-awk sed m4 dc gdb sqlite3 expect R
   Rscript java vi view ex ed nano less more man git hg svn make cmake ninja cc tar bsdtar rsync zip
   split tcpdump ssh scp sftp sudo su runuser sg newgrp pkexec doas env xargs find parallel setpriv
   capsh unshare nsenter bwrap chroot timeout nice nohup setsid stdbuf script watch time flock taskset
   chrt ionice choom prlimit setarch start-stop-daemon run-parts strace ltrace perf socat ncat screen
   tmux systemd-run systemctl journalctl crontab at batch ld.so runcon ssh-agent gpg-connect-agent
   busctl dbus-run-session msgfilter msgexec pg_wrapper psql mysql ctest troff groff nroff eqn pic gcore cpan
   sort sdiff diff3 curl wget openssl gpg gpg-agent gpgtar ld ld.bfd ld.gold gold nm ar ranlib gprofng
   fakeroot fakeroot-sysv fakeroot-tcp sotruss savelog logsave debugfs debconf dpkg-architecture prove
   jrunscript install apt apt-get dpkg rpm npm-cli.js npx-cli.js corepack.js bunx uv
   uvx go cargo rustup docker podman kubectl runc crun runsc`.split(/\s+/),
);

/** With a version, or what they were built for, in their name. */
const FAMILIES =
  /^(?:python|pypy|perl|ruby|php|lua|tclsh|wish|vim|emacs|pip|valgrind|ld-linux|ld-musl|nc\.|(?:gcc|g\+\+|lto-dump|cpp|c89|c99|clang|clang\+\+)(?:-|$))/;

/** What a compiler and its like are built for, as Debian names them: `x86_64-linux-gnu-gcc-12`. */
const MACHINE = /^[a-z0-9_]+-linux-(?:gnu|musl)[a-z0-9]*-/;

/** By its file name, after links. */
export function startsOthers(name: string): boolean {
  const plain = name.replace(MACHINE, '');
  return NAMES.has(plain) || FAMILIES.test(plain);
}
