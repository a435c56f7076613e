/** gVisor by an engine, for real. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { heldLimits } from '../../../src/executor/container-sandbox/engine/held-limits.ts';
import { DEFAULT_SANDBOX_LIMITS } from '../../../src/executor/sandbox-limits.ts';
import { describeSandbox } from '../support/describe-sandbox.ts';
import { orderOf, runToEnd } from '../support/process-sandbox.ts';
import { hostPath } from './container-lab.ts';
import { type EngineLab, openEngineLab } from './engine-lab.ts';
import { IMAGE } from './podman-service.ts';

describeSandbox('a container of gVisor', () => {
  let lab: EngineLab;
  let image: { repository: string; digest: string };

  beforeAll(async () => {
    if (!existsSync('/usr/bin/runsc')) {
      throw new Error('Cannot run gVisor: the package "runsc" must be installed');
    }
    // Old ones do not find their way in the networks of new kernels.
    lab = await openEngineLab({ name: 'runsc', flags: ['network=none'] });
    image = { repository: IMAGE, digest: lab.digest };
  });
  afterAll(() => lab.close());

  test('runs a program on a kernel of its own, as users without rights', async () => {
    const sandbox = await lab.create({ runtime: 'runsc' });
    const data = hostPath(join(lab.data, 'shelf'));
    mkdirSync(data);
    writeFileSync(join(data, 'in'), 'from the host');
    const script = `cat ${data}/in /proc/version; id -u; echo new > ${data}/out; nc -w 1 1.1.1.1 53`;
    const order = orderOf(['/bin/sh', '-c', script], { image, writes: [data] });
    const { out, end } = await runToEnd(await sandbox.start(order));
    expect(out).toMatch(/^from the hostLinux version 4\.4\.0 /); // what gVisor calls itself
    expect(out).not.toContain(readFileSync('/proc/version', 'utf8').trim());
    expect(out).toMatch(/\n10001\n$/);
    expect(end).toMatchObject({ exitCode: 1, limit: undefined });
    expect(readFileSync(join(data, 'out'), 'utf8')).toBe('new\n');
  });

  test('is refused a way out, which it would not see, and does not stay', async () => {
    const sandbox = await lab.create({ runtime: 'runsc' });
    expect(sandbox.facts.warnings).toContainEqual(expect.stringContaining('gVisor has a network'));
    const order = orderOf(['/bin/true'], { image, egress: { path: '/nowhere' } });
    await expect(sandbox.start(order)).rejects.toThrow('must be seen inside');
    expect(lab.engine.command('ps', '--all', '-q')).toBe('');
  });
});

describe('heldLimits()', () => {
  test('counts the threads that gVisor takes, and changes nothing else', () => {
    const limits = { ...DEFAULT_SANDBOX_LIMITS, processes: 10 };
    expect(heldLimits(limits, undefined)).toBe(limits);
    expect(heldLimits(limits, '/usr/bin/crun')).toBe(limits);
    for (const name of ['runsc', '/usr/local/bin/runsc', 'runsc-kvm']) {
      expect(heldLimits(limits, name)).toEqual({ ...limits, processes: 288 });
    }
  });
});
