/**
 * Finds out whether containers can be run by an engine of this machine, Docker or Podman.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ok, type Result } from '../../core/primitives/result.ts';
import type { Sandbox } from '../sandbox.ts';
import type { LimitFact, SandboxFacts, SandboxUnavailable } from '../sandbox-facts.ts';
import { EngineClient } from './engine/engine-client.ts';
import { EngineSandbox } from './engine/engine-sandbox.ts';
import { pluginSeccomp } from './oci-seccomp.ts';
import { PLUGIN_USER } from './plugin-user.ts';
import { unavailable } from './unavailable.ts';

export interface EngineOptions {
  /** The engine's socket, such as `/run/user/1000/podman/podman.sock`. */
  readonly socketPath: string;
  /** Where the filter of system calls is written for the engine to read. */
  readonly folder: string;
  /** `runsc` for gVisor; absent: the engine's own. */
  readonly runtime?: string;
  /**
   * Runs containers also where the engine maps their users to users of this machine with the same
   * number: root in a container would be root outside, was there a way out.
   */
  readonly acceptsHostUsers?: boolean;
}

const VERSION = z.object({
  Version: z.string(),
  Components: z.array(z.object({ Name: z.string() })).optional(),
});

const HOST_USERS = 'Containers are mapped to users of this machine: run Podman without root';

/** An error says what is missing. */
export async function createEngineSandbox(
  options: EngineOptions,
): Promise<Result<Sandbox, SandboxUnavailable>> {
  const { socketPath, folder, runtime, acceptsHostUsers = false } = options;
  const client = new EngineClient(socketPath);
  const version = VERSION.safeParse(
    await client.ask({ method: 'GET', path: '/version' }).catch(() => undefined),
  );
  if (!version.success) return unavailable('an engine must answer on its socket');
  const { Components = [], Version } = version.data;
  const isPodman = Components.some(({ Name }) => Name.startsWith('Podman'));

  const profile = JSON.stringify(pluginSeccomp('none'));
  const path = join(folder, 'seccomp.json');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path, profile);
  const facts = describe(
    `${isPodman ? 'Podman' : 'Docker'} ${Version}${runtime === undefined ? '' : ` with ${runtime}`}`,
    acceptsHostUsers,
  );
  const seccomp = isPodman ? path : profile; // Podman takes a path, Docker the profile itself
  return ok(new EngineSandbox({ client, seccomp, runtime, acceptsHostUsers, facts }));
}

function describe(engine: string, acceptsHostUsers: boolean): SandboxFacts {
  const all = (by: string): LimitFact => ({ holds: 'sandbox', by });
  return {
    engine,
    runsAs: `uid ${PLUGIN_USER} of the container`,
    limits: {
      wallMs: all('timer of the executor'),
      cpuMs: { holds: 'watched', by: 'cgroup cpu' },
      memoryBytes: all('cgroup memory, read back for each container'),
      processes: all('cgroup pids, read back for each container'),
      fileBytes: { holds: 'process', by: 'RLIMIT_FSIZE' },
      openFiles: { holds: 'process', by: 'RLIMIT_NOFILE' },
      diskBytes: all('size of each folder in memory that it can write'),
      outputBytes: all('reader of its output'),
    },
    warnings: acceptsHostUsers ? [HOST_USERS] : [],
  };
}
