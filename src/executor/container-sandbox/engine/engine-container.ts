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
  readonly #client: EngineClient;
  readonly #path: string;

  private constructor(client: EngineClient, id: string) {
    this.#client = client;
    this.#path = `/containers/${id}`;
  }

  /** @throws Fault `tier_unavailable` */
  static async create(client: EngineClient, name: string, body: object): Promise<EngineContainer> {
    const path = `/containers/create?name=${name}`;
    const { Id } = CREATED.parse(await client.ask({ method: 'POST', path, body }));
    return new EngineContainer(client, Id);
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

  async run(argv: readonly string[], environment: readonly string[] = []): Promise<EngineProgram> {
    const body = {
      ...{ Cmd: argv, Env: environment },
      ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true },
    };
    const path = `${this.#path}/exec`;
    const { Id } = CREATED.parse(await this.#client.ask({ method: 'POST', path, body }));
    const stdin = await this.#client.attach(`/exec/${Id}/start`, { Detach: false, Tty: false });
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    stdin
      .on('end', resolve)
      .on('close', resolve)
      .on('error', () => resolve());
    const exitCode = closed.then(async () => {
      const ended = await this.#client.ask({ method: 'GET', path: `/exec/${Id}/json` });
      return ended === undefined ? undefined : (EXITED.parse(ended).ExitCode ?? undefined);
    });
    exitCode.catch(() => undefined); // not everybody asks for it
    return { stdin, exitCode, ...splitStreams(stdin) };
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
    const program = await this.run(['tar', '-c', '-C', folder, '-f', '-', '.']);
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
   */
  async remove(): Promise<void> {
    const request = { method: 'DELETE', path: `${this.#path}?force=true&v=true` } as const;
    for (const pauseMs of REMOVE_AGAIN_MS) {
      try {
        await this.#client.ask(request);
        return;
      } catch {
        await wait(pauseMs);
      }
    }
    await this.#client.ask(request);
  }

  /** `umask` as a shell takes it; archives state wider modes. */
  async #unpack(folder: string, tree: FileTree, umask: string): Promise<void> {
    const script = `umask ${umask} && exec tar -x -C "$1" -f -`;
    const program = await this.run(['/bin/sh', '-c', script, 'put', folder]);
    program.stdout.resume();
    program.stderr.resume();
    program.stdin.end(writeTar(tree));
    if ((await program.exitCode) !== 0) {
      throw new Fault('tier_unavailable', 'Cannot copy files into a container: it must have room');
    }
  }
}
