/** What a program with one way out does to find another. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeSandbox } from '../../executor/support/describe-sandbox.ts';
import { makeFolder } from '../../executor/support/host-folders.ts';
import { runPerl, runShell } from '../../executor/support/process-sandbox.ts';

describeSandbox('a program with egress', () => {
  const path = join(makeFolder(), 'proxy.sock');
  const egress = { path };
  const proxy = createServer((socket) => socket.end('the proxy\n'));
  const host = createServer((socket) => socket.end('the host\n'));

  beforeAll(async () => {
    await Promise.all([once(proxy.listen(path), 'listening'), once(host.listen(0), 'listening')]);
  });
  afterAll(() => {
    proxy.close();
    host.close();
  });

  const connect = (address: string) =>
    `use IO::Socket::INET; my $s = IO::Socket::INET->new(PeerAddr => '${address}', Timeout => 2);
     print $s ? scalar <$s> : 'none';`;

  test('reaches its proxy', async () => {
    const { out, end } = await runPerl(connect('127.0.0.1:3128'), { egress });
    expect(out).toBe('the proxy\n');
    expect(end.exitCode).toBe(0);
  });

  test('is answered after it has said all that it has to say', async () => {
    const listener = join(makeFolder(), 'patient.sock');
    const patient = createServer({ allowHalfOpen: true }, async (socket) => {
      socket.end(`heard ${await text(socket)}`);
    });
    await once(patient.listen(listener), 'listening');
    const { out } = await runPerl(
      `use IO::Socket::INET; my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:3128') or die;
       print $s 'all'; $s->flush; shutdown($s, 1); print <$s>;`,
      { egress: { path: listener } },
    );
    patient.close();
    expect(out).toBe('heard all');
  });

  test('is told where it is', async () => {
    const { out } = await runShell('echo $HTTPS_PROXY', { egress });
    expect(out).toBe('http://127.0.0.1:3128\n');
  });

  test.each(['127.0.0.1', '169.254.169.254', '192.0.2.1'])(
    'reaches no port of %s beside it',
    async (address) => {
      const { port } = host.address() as { port: number };
      const { out } = await runPerl(connect(`${address}:${port}`), { egress });
      expect(out).toBe('none');
    },
  );

  test("finds no socket of the proxy's, and could not open one", async () => {
    const { out } = await runPerl(
      `use Socket; print -e '${path}' ? 'seen ' : 'unseen ';
       print socket(my $s, AF_UNIX, SOCK_STREAM, 0) ? 'made' : 'refused'`,
      { egress },
    );
    expect(out).toBe('unseen refused');
  });

  test('asks no name server', async () => {
    const { out } = await runPerl(
      `use Socket; print socket(my $s, AF_INET, SOCK_DGRAM, 0) ? 'made' : 'refused';
       print ' ', defined gethostbyname('example.com') ? 'resolved' : 'unresolved'`,
      { egress },
    );
    expect(out).toBe('refused unresolved');
  });

  test('has no interface but its own loopback, which it cannot change', async () => {
    const { out } = await runPerl(
      `open my $f, '<', '/proc/net/dev'; my @lines = <$f>; print @lines - 2, ' ';
       use Socket; socket(my $s, AF_INET, SOCK_STREAM, 0);
       my $down = pack('a16 s x22', 'lo', 0);
       print ioctl($s, 0x8914, $down) ? 'changed' : 'refused'`,
      { egress },
    );
    expect(out).toBe('1 refused');
  });

  test('two at a time do not meet', async () => {
    const listen = `use IO::Socket::INET; my $l = IO::Socket::INET->new(Listen => 1,
      LocalAddr => '127.0.0.1:4000') or die; print 'listening'; sleep 1`;
    const [first, second] = await Promise.all([
      runPerl(listen, { egress }),
      runPerl(listen, { egress }),
    ]);
    expect([first.out, second.out]).toEqual(['listening', 'listening']);
  });
});
