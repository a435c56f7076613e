/**
 * Servers that are kept for the next call. One serves a single principal of a single workspace,
 * with the same plugin and the same access, whichever of its tools they call, one call at a time;
 * whatever goes wrong ends it.
 *
 * @module
 */

import type { Job } from '../job.ts';
import type { Access } from '../plan-access.ts';
import { sha256Text } from '../sha256.ts';
import type { McpServer } from './mcp-server.ts';

/** Most servers that are kept without a call. */
const MAX_IDLE_SERVERS = 16;

/** Calls that one server serves: what it remembers of them goes with it. */
const MAX_CALLS = 1_000;

interface Kept {
  readonly key: string;
  readonly server: McpServer;
  readonly timer: NodeJS.Timeout;
}

export class ServerPool {
  #idle: Kept[] = [];
  readonly #calls = new WeakMap<McpServer, number>();

  take(job: Job, access: Access): McpServer | undefined {
    const key = keyOf(job, access);
    const found = this.#idle.find((kept) => kept.key === key);
    if (found === undefined) return undefined;
    this.#forget(found);
    return found.server;
  }

  /** Keeps it for as long as its plugin says, or ends it now. */
  put(server: McpServer, job: Job, access: Access): void {
    const calls = (this.#calls.get(server) ?? 0) + 1;
    this.#calls.set(server, calls);
    if (calls >= MAX_CALLS || this.#idle.length >= MAX_IDLE_SERVERS) {
      server.program.kill('cancelled');
      return;
    }
    const timer = setTimeout(() => this.#end(kept), job.plugin.runs.idleMs);
    const kept: Kept = { key: keyOf(job, access), server, timer };
    this.#idle.push(kept);
    const forget = () => this.#forget(kept);
    server.program.ended.then(forget, forget);
  }

  async close(): Promise<void> {
    const ended = this.#idle.map(({ server }) => server.program.ended);
    for (const kept of [...this.#idle]) this.#end(kept);
    await Promise.all(ended);
  }

  #end(kept: Kept): void {
    this.#forget(kept);
    kept.server.program.kill('cancelled');
  }

  #forget(kept: Kept): void {
    clearTimeout(kept.timer);
    this.#idle = this.#idle.filter((other) => other !== kept);
  }
}

function keyOf({ ticket, plugin, limits, config }: Job, access: Access): string {
  const { workspace, executor } = ticket.call;
  const { timeoutMs: _, ...confinement } = limits;
  const parts = [
    workspace,
    executor.principal,
    plugin.name,
    plugin.codeHash,
    access,
    confinement,
    config,
  ];
  return sha256Text(JSON.stringify(parts));
}
