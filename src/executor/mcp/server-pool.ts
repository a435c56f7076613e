/**
 * Servers that are kept for the next call. One serves a single principal of a single workspace,
 * with the same plugin and the same access, whichever of its tools they call, one call at a time;
 * whatever goes wrong ends it. Between two calls it may do what it likes within its sandbox, so it ends as
 * soon as anybody may do less than before, or nobody could say so.
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

/** The call that a server has served last. */
export interface Served {
  readonly job: Job;
  readonly access: Access;
  /** In which it began. */
  readonly era: number;
}

export class ServerPool {
  #idle: Kept[] = [];
  readonly #calls = new WeakMap<McpServer, number>();
  #era = 0;

  /** A new one begins whenever all are let go: what served a call of an earlier one is not kept. */
  get era(): number {
    return this.#era;
  }

  take(job: Job, access: Access): McpServer | undefined {
    const key = keyOf(job, access);
    const found = this.#idle.find((kept) => kept.key === key);
    if (found === undefined) return undefined;
    this.#forget(found);
    return found.server;
  }

  /** Keeps it for as long as its plugin says, or ends it now. */
  put(server: McpServer, { job, access, era }: Served): void {
    const calls = (this.#calls.get(server) ?? 0) + 1;
    this.#calls.set(server, calls);
    const isFull = this.#idle.length >= MAX_IDLE_SERVERS;
    if (era !== this.#era || calls >= MAX_CALLS || isFull) {
      server.program.kill('cancelled');
      return;
    }
    const timer = setTimeout(() => this.#end(kept), job.plugin.runs.idleMs);
    const kept: Kept = { key: keyOf(job, access), server, timer };
    this.#idle.push(kept);
    const forget = () => this.#forget(kept);
    server.program.ended.then(forget, forget);
  }

  /** Ends all that are kept, and each that serves a call now once that is over. */
  letGo(): void {
    this.#era += 1;
    for (const kept of [...this.#idle]) this.#end(kept);
  }

  async close(): Promise<void> {
    const ended = this.#idle.map(({ server }) => server.program.ended);
    this.letGo();
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
