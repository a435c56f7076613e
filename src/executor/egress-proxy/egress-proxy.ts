/**
 * The only way out of a sandbox: a unix socket for each, on which HTTP, `CONNECT` and SOCKS 5 are
 * understood, and behind which nothing is reachable that was not granted.
 *
 * @module
 */

import { chmod, mkdir, rm } from 'node:fs/promises';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Fault } from '../../core/errors/fault.ts';
import { TargetRules } from './decide-target.ts';
import { Dialler, type Outside } from './dial.ts';
import type { EgressOrder, SecretInjection } from './egress-order.ts';
import type { EgressReport } from './egress-report.ts';
import { EgressServer } from './egress-server.ts';
import { resolveBySystem } from './resolve-public.ts';

export interface EgressProxyOptions {
  /** Where sockets are made: absolute, short, and for the executor alone. */
  readonly folder: string;
  /** `host:port` that the operator of this machine opens although they are not public. */
  readonly privateHosts?: readonly string[];
  /** Certificates in PEM that are trusted where a secret is added; absent: those of the system. */
  readonly authorities?: readonly string[];
  /** Absent: the network of this machine. */
  readonly outside?: Outside;
}

/** The way out of one sandbox, open until it is closed. */
export interface EgressSocket {
  readonly path: string;
  /** Ends every connection, removes the socket, and says what was done with it. */
  close(): Promise<EgressReport>;
}

/** Linux keeps 108 bytes for the path of a unix socket, one of them for its end. */
const MAX_SOCKET_PATH_BYTES = 107;

const ID = /^[a-z0-9-]{1,64}$/;
const SECRET_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}(?:\.[1-9][0-9]?)?$/;

/** Fields that decide where a request goes, or where its body ends. */
const RESERVED_FIELDS =
  /^(?:host|connection|content-length|transfer-encoding|upgrade|te|trailer)$/i;

const THIS_MACHINE: Outside = {
  resolve: resolveBySystem,
  connect: (host, port) => connect({ host, port }),
};

export class EgressProxy {
  readonly #options: EgressProxyOptions;

  constructor(options: EgressProxyOptions) {
    this.#options = options;
  }

  /** @throws Fault `internal` when the order cannot be held to. */
  async open(order: EgressOrder): Promise<EgressSocket> {
    const { folder, privateHosts = [], authorities, outside = THIS_MACHINE } = this.#options;
    const path = join(folder, `${order.id}.sock`);
    requireSound(order, path);

    const rules = new TargetRules(order.rules, privateHosts);
    const dialler = new Dialler(outside, rules, order.limits);
    const { secrets } = order;
    const server = new EgressServer(order.limits, { rules, dialler, secrets, authorities });
    await mkdir(folder, { recursive: true, mode: 0o711 }); // each socket has an owner of its own
    await server.listen(path);
    await chmod(path, 0o600);
    return {
      path,
      close: async () => {
        const report = await server.close();
        await rm(path, { force: true });
        return report;
      },
    };
  }
}

function requireSound({ id, secrets }: EgressOrder, path: string): void {
  const hasRoom = Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES;
  if (!ID.test(id) || !hasRoom || !secrets.every(isSound)) {
    throw new Fault(
      'internal',
      'Cannot open a way out: id, path of the socket and secrets must be well-formed',
    );
  }
}

function isSound({ name, header, value }: SecretInjection): boolean {
  try {
    validateHeaderName(header);
    validateHeaderValue(header, value);
    return SECRET_NAME.test(name) && !RESERVED_FIELDS.test(header);
  } catch {
    return false;
  }
}
