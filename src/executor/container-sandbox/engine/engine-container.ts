/**
 * One container of an engine, in which programs run one by one.
 *
 * @module
 */

import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { Fault } from '../../../core/errors/fault.ts';
import type { SecretFile } from '../../sandbox.ts';
import type { FileTree, TreeBounds } from '../files/file-tree.ts';
import { readTar } from '../files/read-tar.ts';
import { writeTar } from '../files/write-tar.ts';
import type { EngineClient } from './engine-client.ts';
import { type SplitStreams, splitStreams } from './split-streams.ts';

const CREATED = z.object({ Id: z.string() });
const INSPECTED = z.object({
  State: z.object({ Pid: z.number().int().positive() }),
  HostConfig: z.object({ Runtime: z.string().nullish() }),
});
/** What Podman answers for any runtime, but on its own interface. */
const ANY_RUNTIME = 'oci';
const INSPECTED_BY_PODMAN = z.object({ OCIRuntime: z.string() });
const EXITED = z.object({ ExitCode: z.number().int().nullable() });

/** Pauses after which an engine is asked again to remove a container. */
const REMOVE_AGAIN_MS = [50, 100, 200, 400, 800, 1_600];

export interface StartedContainer {
  /** The process on this machine that holds it. */
  readonly pid: number;
  /** Name or path of what runs it, by the engine's word. */
  readonly runtime: string | undefined;
}

/** A program in a container, with its streams. */
export interface EngineProgram extends SplitStreams {
  readonly stdin: Duplex;
  /** When its output has ended. */
  readonly exitCode: Promise<number | undefined>;
}

export class EngineContainer {
  /** For what belongs to its start. */
  readonly #client: EngineClient;
  readonly #path: string;
  #isAskedAgain = false;

  private constructor(client: EngineClient, name: string) {
    this.#client = client;
    this.#path = `/containers/${name}`;
  }

  /**
   * An engine that does not answer in time may make it later all the same: then it is removed.
   *
   * @throws Fault `tier_unavailable`
   */
  static async create(client: EngineClient, name: string, body: object): Promise<EngineContainer> {
    const container = new EngineContainer(client, name);
    const path = `/containers/create?name=${name}`;
    try {
      CREATED.parse(await client.ask({ method: 'POST', path, body }));
      return container;
    } catch (thrown) {
      container.#removeLater();
      throw thrown;
    }
  }

  /** It runs for no longer than this process does. */
  async start(): Promise<StartedContainer> {
    const hold = await this.#client.attach(`${this.#path}/attach?stream=1&stdin=1`, {});
    hold.on('error', () => undefined).resume();
    await this.#client.ask({ method: 'POST', path: `${this.#path}/start` });
    const inspect = { method: 'GET', path: `${this.#path}/json` } as const;
    const { State, HostConfig } = INSPECTED.parse(await this.#client.ask(inspect));
    const runtime = HostConfig.Runtime ?? undefined;
    if (runtime !== ANY_RUNTIME) return { pid: State.Pid, runtime };
    const more = INSPECTED_BY_PODMAN.parse(await this.#client.ask({ ...inspect, of: 'libpod' }));
    return { pid: State.Pid, runtime: more.OCIRuntime };
  }

  async run(
    argv: readonly string[],
    environment: readonly string[] = [],
    client = this.#client,
  ): Promise<EngineProgram> {
    const body = {
      ...{ Cmd: argv, Env: environment },
      ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true },
    };
    const path = `${this.#path}/exec`;
    const { Id } = CREATED.parse(await client.ask({ method: 'POST', path, body }));
    const stdin = await client.attach(`/exec/${Id}/start`, { Detach: false, Tty: false });
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    stdin
      .on('end', resolve)
      .on('close', resolve)
      .on('error', () => resolve());
    const exitCode = closed.then(async () => {
      const ended = await client.together().ask({ method: 'GET', path: `/exec/${Id}/json` });
      return ended === undefined ? undefined : (EXITED.parse(ended).ExitCode ?? undefined);
    });
    exitCode.catch(() => undefined); // not everybody asks for it
    return { stdin, exitCode, ...splitStreams(stdin) };
  }

  /**
   * Of a program that belongs to the start: it has no longer than that.
   *
   * @throws Fault `tier_unavailable`
   */
  async exitInTime(program: EngineProgram): Promise<number | undefined> {
    const { promise: over, reject } = Promise.withResolvers<never>();
    const stop = this.#client.whenOver(() => {
      program.stdin.destroy();
      reject(
        new Fault('tier_unavailable', 'Cannot start a container: the engine must do it in time'),
      );
    });
    return await Promise.race([program.exitCode, over]).finally(stop);
  }

  /** Puts files into a folder of the container. */
  async put(folder: string, tree: FileTree): Promise<void> {
    if (tree.length > 0) await this.#unpack(folder, tree, '022');
  }

  /** Puts secrets into a folder of the container, for its own user alone. */
  async putSecrets(folder: string, secrets: readonly SecretFile[]): Promise<void> {
    const tree = secrets.map(({ name, bytes }) => ({
      ...{ path: name, bytes: Buffer.from(bytes), isExecutable: false },
    }));
    if (tree.length > 0) await this.#unpack(folder, tree, '377');
  }

  /** All files of a folder of the container. */
  async take(folder: string, bounds: TreeBounds): Promise<FileTree> {
    const argv = ['tar', '-c', '-C', folder, '-f', '-', '.'];
    const program = await this.run(argv, [], this.#client.together());
    program.stderr.resume();
    program.stdin.end();
    try {
      return await readTar(program.stdout, bounds);
    } finally {
      program.stdin.destroy();
    }
  }

  /**
   * Ends all of it at once, and forgets it. An engine that is just about to end it by itself refuses,
   * and is asked again.
   *
   * @throws Fault `tier_unavailable` where the engine does not do it in time. It is asked again from time
   * to time until it does, or until this process ends: then the next executor sweeps.
   */
  async remove(): Promise<void> {
    const client = this.#client.together();
    for (const pauseMs of REMOVE_AGAIN_MS) {
      try {
        await this.#askToRemove(client);
        return;
      } catch {
        if (client.isOver) break;
        await wait(pauseMs);
      }
    }
    await this.#askToRemove(client).catch((thrown) => {
      this.#removeLater();
      throw thrown;
    });
  }

  async #askToRemove(client: EngineClient): Promise<void> {
    await client.ask({ method: 'DELETE', path: `${this.#path}?force=true&v=true` });
  }

  #removeLater(): void {
    if (this.#isAskedAgain) return;
    this.#isAskedAgain = true;
    const again = () => {
      this.#askToRemove(this.#client.together()).catch(later);
    };
    const later = () => void setTimeout(again, this.#client.patienceMs).unref();
    later();
  }

  /** `umask` as a shell takes it; archives state wider modes. */
  async #unpack(folder: string, tree: FileTree, umask: string): Promise<void> {
    const script = `umask ${umask} && exec tar -x -C "$1" -f -`;
    const program = await this.run(['/bin/sh', '-c', script, 'put', folder]);
    program.stdout.resume();
    program.stderr.resume();
    program.stdin.end(writeTar(tree));
    if ((await this.exitInTime(program)) !== 0) {
      throw new Fault('tier_unavailable', 'Cannot copy files into a container: it must have room');
    }
  }
}
