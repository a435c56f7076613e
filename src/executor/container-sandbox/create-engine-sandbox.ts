/**
 * Finds out whether containers can be run by an engine of this machine, Docker or Podman.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Result } from '../../core/primitives/result.ts';
import type { NetworkUse } from '../process-sandbox/seccomp/plugin-filter.ts';
import type { Sandbox } from '../sandbox.ts';
import type { SandboxUnavailable } from '../sandbox-facts.ts';
import { EngineClient } from './engine/engine-client.ts';
import { describeEngine, type EngineDescription, engineFacts } from './engine/engine-facts.ts';
import { EngineSandbox } from './engine/engine-sandbox.ts';
import { pluginSeccomp } from './oci-seccomp.ts';
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
  /** How long it may take to answer, in milliseconds; as long as usual unless stated. */
  readonly patienceMs?: number;
}

/** An error says what is missing. */
export async function createEngineSandbox(
  options: EngineOptions,
): Promise<Result<Sandbox, SandboxUnavailable>> {
  const { socketPath, folder, runtime, acceptsHostUsers = false, patienceMs } = options;
  const client = new EngineClient(socketPath, patienceMs);
  const engine = await describeEngine(client.together());
  if (engine === undefined) return unavailable('an engine must answer on its socket');
  if (engine.isRootless && engine.groups === '1') {
    return unavailable('without root its limits need control groups of version 2');
  }
  const isRoot = process.getuid?.() === 0;
  return ok(
    new EngineSandbox({
      client,
      seccomp: writeFilters(engine, folder),
      runtime,
      acceptsHostUsers,
      facts: engineFacts(engine, { runtime, acceptsHostUsers, isRoot }),
    }),
  );
}

/** Podman takes the path of a profile, Docker the profile itself. */
function writeFilters(
  { name }: EngineDescription,
  folder: string,
): Readonly<Record<NetworkUse, string>> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (network: NetworkUse): string => {
    const profile = JSON.stringify(pluginSeccomp(network));
    if (name === 'Docker') return profile;
    const path = join(folder, `seccomp-${network}.json`);
    writeFileSync(path, profile);
    return path;
  };
  return { none: write('none'), tcp: write('tcp') };
}
