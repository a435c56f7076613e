/**
 * A network made of names: the proxy under test resolves what a table says, and every address it
 * dials leads to servers on this machine. What it dialled is on record.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DEFAULT_EGRESS_LIMITS,
  type EgressLimits,
  type SecretInjection,
} from '../../../../src/executor/egress-proxy/egress-order.ts';
import {
  EgressProxy,
  type EgressSocket,
} from '../../../../src/executor/egress-proxy/egress-proxy.ts';
import { pattern } from '../../../core/capabilities/read.ts';
import { TEST_CERTIFICATE } from './test-certificate.ts';

export const HOST = 'api.sallyport.dev';
export const PUBLIC_ADDRESS = '93.184.216.34';

export interface LabOptions {
  readonly allow: readonly string[];
  readonly deny?: readonly string[];
  readonly limits?: Partial<EgressLimits>;
  readonly secrets?: readonly SecretInjection[];
  readonly privateHosts?: readonly string[];
  /** No name is answered for before this. */
  readonly beforeAnswer?: Promise<void>;
  /** Answers to be given one after another, the last one for ever; absent: a public address. */
  readonly answers?: Readonly<Record<string, readonly (readonly string[])[]>>;
}

export interface Lab extends EgressSocket {
  /** `address:port`, in order. */
  readonly dialled: readonly string[];
  /** The proxy's own ends of what it dialled, in order. */
  readonly sockets: readonly Socket[];
  /** Names that were looked up, in order. */
  readonly resolved: readonly string[];
}

let labs = 0;

export async function openLab(options: LabOptions): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'egress-'));
  const dialled: string[] = [];
  const resolved: string[] = [];
  const sockets: Socket[] = [];
  const left = new Map(
    Object.entries(options.answers ?? {}).map(([name, all]) => [name, [...all]]),
  );
  const proxy = new EgressProxy({
    folder,
    authorities: [TEST_CERTIFICATE],
    privateHosts: options.privateHosts ?? [],
    outside: {
      resolve: async (name) => {
        resolved.push(name);
        await options.beforeAnswer;
        const answers = left.get(name) ?? [[PUBLIC_ADDRESS]];
        return answers.length > 1 ? answers.shift()! : answers[0]!;
      },
      connect: (address, port) => {
        dialled.push(`${address}:${port}`);
        const socket = connect({ host: '127.0.0.1', port });
        sockets.push(socket);
        return socket;
      },
    },
  });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const opened = proxy.open({
    id: `lab-${labs++}`,
    rules: { allow: options.allow.map(pattern), deny: (options.deny ?? []).map(pattern) },
    limits: { ...DEFAULT_EGRESS_LIMITS, ...options.limits },
    secrets: options.secrets ?? [],
  });
  opened.catch(remove);
  const socket = await opened;
  const close = () => socket.close().finally(remove);
  return { path: socket.path, close, dialled, sockets, resolved };
}

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts any server on a port of its own. */
export async function listen(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, close };
}

/** A server that answers whatever it gets with `answer`, and keeps what it got. */
export async function listenRaw(answer: string): Promise<Listening & { readonly heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      heard.push(chunk.toString('latin1'));
      socket.write(answer);
    });
  });
  return { ...(await listen(server)), heard };
}

/** Says something to the proxy, and hears what it says until it hangs up. */
export async function say(
  lab: EgressSocket,
  ...words: readonly (string | Buffer)[]
): Promise<string> {
  const client = connect(lab.path);
  const chunks: Buffer[] = [];
  client.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  for (const word of words) client.write(word);
  await new Promise((resolve) => client.on('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

/** A head of HTTP/1.1 with an end. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}
