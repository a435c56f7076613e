/**
 * Stands for a program in a container of an engine, as if it were a child of the executor.
 *
 * @module
 */

import { EventEmitter } from 'node:events';
import type { WatchedProcess } from '../../process-sandbox/supervise.ts';
import type { EngineContainer, EngineProgram } from './engine-container.ts';

export class EngineProcess extends EventEmitter implements WatchedProcess {
  readonly #container: EngineContainer;
  readonly #program: EngineProgram;
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;
  #isKilled = false;

  /** `atEnd` runs after the program and before its container is gone, unless it was killed. */
  constructor(
    container: EngineContainer,
    program: EngineProgram,
    atEnd: (exitCode: number) => Promise<void>,
  ) {
    super();
    this.#container = container;
    this.#program = program;
    program.exitCode
      .then(async (exitCode) => {
        if (exitCode !== undefined && !this.#isKilled) await atEnd(exitCode);
        return exitCode;
      })
      .then(
        (exitCode) => this.#end(exitCode ?? null),
        () => this.#end(null),
      );
  }

  /** It has ended when the engine has removed it, or did not in time: then its group is emptied. */
  kill(): void {
    if (this.#isKilled) return;
    this.#isKilled = true;
    const isOver = () => {
      this.#program.stdin.destroy();
      this.#end(null);
    };
    this.#container.remove().then(isOver, isOver);
  }

  #end(exitCode: number | null): void {
    if (this.exitCode !== null || this.signalCode !== null) return;
    const hasExited = exitCode !== null && !this.#isKilled;
    this.exitCode = hasExited ? exitCode : null;
    this.signalCode = hasExited ? null : 'SIGKILL';
    this.emit('exit', this.exitCode, this.signalCode);
  }
}
