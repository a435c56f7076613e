/**
 * A supervisor with children that live in memory: what a block would do with its commands.
 */

import type { ExitReason } from '../../../../src/core/supervision/exit-reason.ts';
import {
  type Supervised,
  startSupervisor,
  supervise,
} from '../../../../src/core/supervision/supervise.ts';
import type {
  ChildSpec,
  SupervisorSpec,
} from '../../../../src/core/supervision/supervisor-spec.ts';
import type {
  SupervisorCommand,
  SupervisorEvent,
  SupervisorState,
} from '../../../../src/core/supervision/supervisor-state.ts';

export const spec = (over: Partial<SupervisorSpec> = {}): SupervisorSpec => ({
  strategy: 'one-for-one',
  intensity: 3,
  periodMs: 5_000,
  autoShutdown: 'never',
  ...over,
});

export const child = (name: string, over: Partial<ChildSpec> = {}): ChildSpec => ({
  name,
  restart: 'permanent',
  graceMs: 1_000,
  significant: false,
  ...over,
});

export class Family {
  state: SupervisorState;
  /** What happened, in words: `start a`, `shutdown a`, `kill a`, `wait 10`, `end shutdown`. */
  readonly log: string[] = [];
  readonly alive = new Map<string, number>();
  ended: ExitReason | undefined;
  now = 0;
  /** Answers commands by itself: children start, and end when they are told. */
  isObedient = true;

  constructor(supervisorSpec: SupervisorSpec, children: readonly ChildSpec[], isObedient = true) {
    this.isObedient = isObedient;
    const started = startSupervisor(supervisorSpec, children, this.now);
    this.state = started.state;
    this.#carryOut(started);
  }

  hear(event: SupervisorEvent): void {
    const next = supervise(this.state, event, this.now);
    this.state = next.state;
    this.#carryOut(next);
  }

  exit(name: string, reason: ExitReason): void {
    const life = this.alive.get(name);
    if (life === undefined) throw new Error(`${name} is not alive`);
    this.alive.delete(name);
    this.hear({ kind: 'exited', name, life, reason });
  }

  /** What happened since the last time this was asked. */
  news(): string[] {
    return this.log.splice(0);
  }

  #carryOut({ commands }: Supervised): void {
    for (const command of commands) this.log.push(inWords(command));
    for (const command of commands) {
      if (command.do === 'end') this.ended = command.reason;
      if (this.isObedient) this.#obey(command);
    }
  }

  #obey(command: SupervisorCommand): void {
    if (command.do === 'start') {
      this.alive.set(command.name, command.life);
      this.hear({ kind: 'started', name: command.name, life: command.life });
    } else if (command.do === 'shutdown' || command.do === 'kill') {
      if (this.alive.has(command.name)) {
        this.exit(command.name, command.do === 'kill' ? 'killed' : 'shutdown');
      }
    } else if (command.do === 'wait') this.hear({ kind: 'waited' });
  }
}

function inWords(command: SupervisorCommand): string {
  if (command.do === 'wait') return `wait ${command.ms}`;
  if (command.do === 'end') return `end ${JSON.stringify(command.reason)}`;
  return `${command.do} ${command.name}`;
}
