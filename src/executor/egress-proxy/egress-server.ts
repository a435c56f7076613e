/**
 * The proxy of one sandbox. Whoever can reach its socket is that sandbox: there is no user name
 * that a plugin could forge, and no way to speak for another.
 *
 * @module
 */

import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type EgressClient, type OpenedRoute, refuse } from './egress-client.ts';
import { EgressLedger } from './egress-ledger.ts';
import type { EgressLimits } from './egress-order.ts';
import type { EgressOutcome, EgressReport } from './egress-report.ts';
import { EgressStop, outcomeOf } from './egress-stop.ts';
import { forwardRequest } from './forward-request.ts';
import { asksForWebSocket, forwardUpgrade } from './forward-upgrade.ts';
import { planRequest, planUpgrade, type RequestPlanner } from './plan-request.ts';
import { readHead } from './read-head.ts';
import { refusalFields, statusOf, writeRefusal } from './refusal.ts';
import {
  MAX_SOCKS_BYTES,
  NO_AUTHENTICATION,
  parseGreeting,
  parseSocksRequest,
  SOCKS_VERSION,
  writeReply,
} from './socks5.ts';
import { openTunnel, peekByte, serveTunnel, type TunnelParts } from './tunnel.ts';

/** Longest head of an HTTP request, in bytes. */
const MAX_HTTP_HEAD_BYTES = 16_384;

const TUNNEL_IS_OPEN = 'HTTP/1.1 200 Connection established\r\n\r\n';

export class EgressServer {
  readonly #limits: EgressLimits;
  readonly #planner: RequestPlanner;
  readonly #ledger: EgressLedger;
  readonly #clients = new Map<Duplex, EgressClient>();
  readonly #listener = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  /** Never listens: it reads the clients that turn out to speak HTTP. */
  readonly #http = createHttpServer({ maxHeaderSize: MAX_HTTP_HEAD_BYTES });

  constructor(limits: EgressLimits, planner: RequestPlanner) {
    this.#limits = limits;
    this.#planner = planner;
    this.#ledger = new EgressLedger(limits);
    this.#http.maxRequestsPerSocket = 1;
    this.#http.maxHeadersCount = 0; // what is left out could say where the body ends
    this.#http.on('request', (request, response) => this.#answer(request, response));
    this.#http.on('connect', (request, stream, head) => this.#connect(request, stream, head));
    this.#http.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
    this.#http.on('clientError', (_error, stream) => this.#refuseMalformed(stream));
  }

  async listen(path: string): Promise<void> {
    this.#listener.listen(path);
    await once(this.#listener, 'listening');
  }

  /** Ends every connection; the report is complete then. */
  async close(): Promise<EgressReport> {
    const closed = [...this.#clients].map(async ([stream, client]) => {
      client.connection.end('sandbox_ended');
      stream.destroy();
      await client.gone;
    });
    this.#listener.close();
    await Promise.all(closed);
    return this.#ledger.report();
  }

  #accept(stream: Socket): void {
    const connection = this.#ledger.admit();
    stream.on('error', () => undefined);
    if (connection === undefined) {
      stream.destroy();
      return;
    }
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const client: EgressClient = { stream, connection, gone };
    this.#clients.set(stream, client);
    stream.on('close', () => {
      this.#clients.delete(stream);
      connection.release();
      resolve();
    });
    this.#serve(client, () => this.#begin(client));
  }

  async #begin(client: EgressClient): Promise<void> {
    const limits = { maxBytes: 1, timeoutMs: this.#limits.headTimeoutMs };
    const first = await readHead(client.stream, peekByte, limits);
    if (first === SOCKS_VERSION) await this.#serveSocks(client);
    else this.#serveHttp(client);
  }

  /** Lets go of a client for which something could not be done. */
  #serve(client: EgressClient, work: () => Promise<void>): void {
    work().catch((thrown: unknown) => {
      client.connection.end(outcomeOf(thrown, 'upstream_failed'));
      client.stream.destroy();
    });
  }

  #serveHttp(client: EgressClient): void {
    client.hasAsked = false;
    const late = setTimeout(() => {
      if (client.hasAsked === true) return;
      client.connection.end('head_timeout');
      client.stream.destroy();
    }, this.#limits.headTimeoutMs);
    client.stream.once('close', () => clearTimeout(late));
    this.#http.emit('connection', client.stream);
    client.stream.resume();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const client = this.#firstRequest(request.socket);
    if (client === undefined) return;
    response.shouldKeepAlive = false;
    this.#serve(client, async () => {
      try {
        const plan = await planRequest(client, request, this.#planner);
        await forwardRequest({ client, request, response }, plan);
      } catch (thrown) {
        const outcome = this.#endRefused(client, thrown);
        if (response.headersSent)
          client.stream.destroy(); // half an answer must not look whole
        else response.writeHead(statusOf(outcome), refusalFields(outcome)).end();
        request.resume();
      }
    });
  }

  #connect(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const client = this.#firstRequest(stream, head);
    if (client === undefined) return;
    client.connection.speaks('connect');
    this.#serve(client, async () => {
      const open = () => openTunnel(client, request.url ?? '', this.#tunnelParts());
      await this.#tunnel(client, open, { accept: TUNNEL_IS_OPEN, refuse: writeRefusal });
    });
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const client = this.#firstRequest(stream, head);
    if (client === undefined) return;
    this.#serve(client, async () => {
      try {
        if (!asksForWebSocket(request)) throw new EgressStop('upgrade_refused');
        const plan = await planUpgrade(client, request, this.#planner);
        await forwardUpgrade(client, request, plan);
      } catch (thrown) {
        refuse(client, writeRefusal(this.#endRefused(client, thrown)));
      }
    });
  }

  async #serveSocks(client: EgressClient): Promise<void> {
    const limits = { maxBytes: MAX_SOCKS_BYTES, timeoutMs: this.#limits.headTimeoutMs };
    client.connection.speaks('socks5');
    await readHead(client.stream, parseGreeting, limits);
    client.stream.write(NO_AUTHENTICATION);
    const open = async () => {
      const authority = await readHead(client.stream, parseSocksRequest, limits);
      return openTunnel(client, authority, this.#tunnelParts());
    };
    await this.#tunnel(client, open, { accept: writeReply('connected'), refuse: writeReply });
  }

  async #tunnel(
    client: EgressClient,
    open: () => Promise<OpenedRoute | undefined>,
    words: TunnelWords,
  ): Promise<void> {
    let route: OpenedRoute | undefined;
    try {
      route = await open();
    } catch (thrown) {
      refuse(client, words.refuse(this.#endRefused(client, thrown)));
      return;
    }
    client.stream.write(words.accept);
    await serveTunnel(client, route, this.#tunnelParts());
  }

  #tunnelParts(): TunnelParts {
    return {
      rules: this.#planner.rules,
      dialler: this.#planner.dialler,
      headTimeoutMs: this.#limits.headTimeoutMs,
      serveHttp: (client) => this.#serveHttp(client),
    };
  }

  /** The client on this stream, or nothing if it has asked for something already. */
  #firstRequest(stream: Duplex, head?: Buffer): EgressClient | undefined {
    const client = this.#clients.get(stream);
    if (client === undefined || client.hasAsked === true) {
      stream.destroy();
      return undefined;
    }
    client.hasAsked = true;
    if (head !== undefined && head.length > 0) stream.unshift(head);
    return client;
  }

  #refuseMalformed(stream: Duplex): void {
    const client = this.#clients.get(stream);
    if (client === undefined) return;
    client.connection.end('head_malformed');
    refuse(client, writeRefusal('head_malformed'));
  }

  #endRefused(client: EgressClient, thrown: unknown): EgressOutcome {
    const outcome = outcomeOf(thrown, 'upstream_failed');
    client.connection.end(outcome);
    return outcome;
  }
}

/** What a client is told in its own protocol when a tunnel is open, and when it is refused. */
interface TunnelWords {
  readonly accept: string | Buffer;
  readonly refuse: (outcome: EgressOutcome) => string | Buffer;
}
