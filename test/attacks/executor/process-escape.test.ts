/** What a hijacked plugin does to reach out of its sandbox, or to stay when it ends. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandLines, napOf } from '../../executor/support/command-lines.ts';
import { describeSandbox } from '../../executor/support/describe-sandbox.ts';
import { hostPath, makeFolder } from '../../executor/support/host-folders.ts';
import { runPerl, runShell, startProgram } from '../../executor/support/process-sandbox.ts';
import { startExecutor } from '../../executor/support/start-executor.ts';

const isRunning = (word: string) => commandLines().some((line) => line.includes(word));

describeSandbox('a program that wants to stay', () => {
  test('takes its daemons with it', async () => {
    const { end } = await runShell(
      `setsid sh -c "setsid ${napOf(1)} &" </dev/null >/dev/null 2>&1 & sleep 0.2; exit 0`,
    );
    expect(end.exitCode).toBe(0);
    expect(isRunning(napOf(1))).toBe(false);
  });

  test('takes children with it that hold its output open', async () => {
    const { end, out } = await runShell(`${napOf(2)} & echo done`);
    expect(out).toBe('done\n');
    expect(end.exitCode).toBe(0);
    expect(isRunning(napOf(2))).toBe(false);
  });

  test('has all its processes ended by a kill', async () => {
    const running = await startProgram(['/bin/sh', '-c', `(${napOf(3)} &) ; echo up; ${napOf(3)}`]);
    for await (const _ of running.stdout) running.kill('cancelled');
    await running.ended;
    expect(isRunning(napOf(3))).toBe(false);
  });

  test('cannot touch process 1, which ties it to the executor', async () => {
    const { out } = await runPerl(
      `print open(my $f, '+<', '/proc/1/mem') ? 'open' : 'refused';
       print ' ', -e '/proc/1/root' ? 'seen' : 'unseen'; kill 9, 1; kill 19, 1; print ' alive'`,
    );
    expect(out).toBe('refused unseen alive');
  });
});

describeSandbox('a program that sends signals', () => {
  test('gains nothing by a handle of the executor, which its own streams give it', async () => {
    const { out } = await runPerl(
      `my $handle = getsockopt(STDIN, 1, 77); # SO_PEERPIDFD
       print defined $handle && syscall(424, unpack('i', $handle), 9, 0, 0) != -1 ? 'sent' : 'refused';`,
    );
    expect(out).toBe('refused'); // and whoever reads this is still there
  });

  test('reaches no process outside, not even its parent', async () => {
    const { out, end } = await runPerl(
      `print getppid, ' ', kill(0, ${process.pid}), ' ', kill(9, ${process.pid});`,
    );
    expect(out).toMatch(/^[01] 0 0$/);
    expect(end.exitCode).toBe(0);
  });

  test('that go to all processes ends only itself', async () => {
    const witness = await startProgram(['/bin/cat']);
    const { end } = await runPerl('kill 9, -1; kill 9, 0; sleep 5');
    expect(end.signal).toBe('SIGKILL');
    witness.stdin.end('still here');
    expect((await witness.ended).exitCode).toBe(0);
  });
});

describeSandbox('a program that looks for a way to the network', () => {
  const abstract = `\0sallyport-test-${process.pid}`;
  const abstractServer = createServer();
  const tcpServer = createServer();
  beforeAll(async () => {
    await new Promise<void>((resolve) => abstractServer.listen(abstract, resolve));
    await new Promise<void>((resolve) => tcpServer.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    abstractServer.close();
    tcpServer.close();
  });

  test('has no interface but its own loopback, and no route', async () => {
    const { out } = await runShell('tail -n +3 /proc/net/dev; tail -n +2 /proc/net/route');
    expect(out.trim()).toMatch(/^lo:.*$/);
  });

  test("does not see the host's sockets", async () => {
    const { out } = await runShell('cat /proc/net/unix /proc/net/tcp');
    expect(out).not.toContain('sallyport-test');
    expect(out.trim().split('\n')).toHaveLength(2);
  });

  test.each([
    ['an abstract socket of the host', `AF_UNIX, SOCK_STREAM, 0`],
    ['a TCP port of the host', `AF_INET, SOCK_STREAM, 0`],
    ['a name server', `AF_INET, SOCK_DGRAM, 0`],
    ['another machine by ICMP', `AF_INET, SOCK_RAW, 1`],
    ['the hypervisor', `40, SOCK_STREAM, 0`],
  ])('makes no socket to reach %s', async (_what, socket) => {
    const { out } = await runPerl(`use Socket; print socket(my $s, ${socket}) ? 'made' : $! + 0`);
    expect(out).toBe('97');
  });

  test('sends nothing to a socket of the host that lies in a granted folder', async () => {
    const folder = makeFolder(0o777);
    const address = `pack_sockaddr_un("${folder}/service")`;
    const script = `use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, ${address}) or die;
      chmod 0777, "${folder}/service"; $| = 1; print "ready\\n"; recv($s, my $heard, 9, 0); print $heard`;
    const service = spawn('/usr/bin/perl', ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const heard = text(service.stdout);
    await once(service.stdout, 'readable');
    const { out } = await runPerl(
      `use Socket; for my $kind (SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM, SOCK_RAW) {
         socketpair(my $a, my $b, AF_UNIX, $kind, 0) or next; print "pair ";
         send($a, 'attack', 0, ${address}); connect($a, ${address}) and print 'connected';
         send($a, 'attack', 0) }`,
      { reads: [folder] },
    );
    const own = `use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0); send($s, 'host', 0, ${address})`;
    spawn('/usr/bin/perl', ['-e', own]);
    expect(out).toBe('pair pair ');
    expect(await heard).toBe('ready\nhost');
  });
});

describeSandbox('a program that looks for what was left to it', () => {
  test('has its three streams and no other descriptor', async () => {
    const { out } = await runShell('ls /proc/self/fd', {
      plugin: makeFolder(),
      reads: [makeFolder()],
      writes: [makeFolder(0o777)],
      secretFiles: [{ name: 'token', bytes: Buffer.from('x') }],
    });
    // `ls` itself opens the folder.
    expect(out.trim().split('\n').map(Number)).toEqual([0, 1, 2, 3]);
  });

  test('has none that the executor was left with by whoever started it', async () => {
    const left = openSync('/etc/hostname', 'r');
    const argv = ['/bin/sh', '-c', 'ls /proc/self/fd'];
    const executor = startExecutor({ argv, left: [left] });
    const [, ...lines] = (await text(executor.stdout!)).split('\n');
    expect(lines.slice(0, 4)).toEqual(['0', '1', '2', '3']);
    expect(lines[4]).toBe('');
  });

  test('has the environment of its order and nothing of the executor', async () => {
    process.env.SALLYPORT_TEST_SECRET = 'inherited';
    const { out } = await runShell('env', { environment: { GIVEN: 'yes' } });
    delete process.env.SALLYPORT_TEST_SECRET;
    const names = out
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.toSorted()).toEqual(['GIVEN', 'HOME', 'LANG', 'PATH', 'PWD', 'TMPDIR']);
  });
});

describeSandbox('another account of the host', () => {
  test("reads neither a sandbox's environment, nor its secrets, nor its grants in the process list", async () => {
    const granted = makeFolder();
    const running = await startProgram(['/bin/cat'], {
      reads: [hostPath(granted)],
      environment: { QUIET: 'value-of-a-variable' },
      secretFiles: [{ name: 'token', bytes: Buffer.from('value-of-a-secret') }],
    });
    const lines = commandLines().filter((line) => line.includes('bwrap'));
    running.stdin.end();
    await running.ended;
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).not.toMatch(/value-of-a|sallyport-test-/);
  });

  test('a secret is a file of the sandbox alone, readable by its program only', async () => {
    const { out } = await runShell('cat /run/secrets/token; stat -c " %a" /run/secrets/token', {
      secretFiles: [{ name: 'token', bytes: Buffer.from('value-of-a-secret') }],
    });
    expect(out).toBe('value-of-a-secret 400\n');
  });
});
