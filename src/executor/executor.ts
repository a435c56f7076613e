/**
 * The executor: composes what it takes to run calls on this machine, and runs until it is told to
 * stop or its node is revoked.
 *
 * @module
 */

import { mkdirSync, rmSync } from 'node:fs';
import { Fault } from '../core/errors/fault.ts';
import type { GatewayFrame } from '../core/executor-protocol/frames.ts';
import type { NodeOffer } from '../core/executor-protocol/node-offer.ts';
import { CallDesk, type CallLog } from './call-desk.ts';
import { CallLedger } from './call-ledger.ts';
import { describeClock } from './describe-clock.ts';
import { isLocked, ledgerMust } from './describe-ledger.ts';
import { EgressProxy } from './egress-proxy/egress-proxy.ts';
import type { ExecutorHome } from './executor-home.ts';
import { type ConnectionState, GatewayConnection } from './gateway-connection.ts';
import type { Identity } from './identity.ts';
import { describeParts, keepOwn } from './keep-own.ts';
import type { LocalPolicy } from './local-policy.ts';
import { ServerPool } from './mcp/server-pool.ts';
import { loadImages, sweepTiers } from './open-tiers.ts';
import { readCatalogue } from './plugin-catalogue.ts';
import { runJob } from './run-job.ts';
import { createSealingKey } from './sealing-key.ts';
import { createStarter, type Tiers } from './start-program.ts';
import { keepSwept } from './sweep-ledger.ts';
import { createTicketVerifier } from './verify-ticket.ts';

/** How long calls may go on after a stop, in milliseconds. */
const DRAIN_MS = 10_000;

const EXECUTOR_VERSION = '0.1.0';

const STATES: Readonly<Record<Exclude<ConnectionState, 'clock'>, string>> = {
  online: 'connected',
  offline: 'connection lost; trying again',
  refused:
    'the gateway refuses the connection: it must be of this version or a later one, and have this machine enrolled with this key; trying again',
  'not-found':
    'the gateway has no such node: it was revoked, or the address is another’s; trying again',
  unreachable: 'the gateway cannot be reached; trying again',
};

export interface ExecutorOptions {
  readonly home: ExecutorHome;
  readonly identity: Identity;
  readonly policy: LocalPolicy;
  readonly tiers: Tiers;
  /** Tells the operator; one line each. */
  readonly tell: (line: string) => void;
  readonly log: (call: CallLog) => void;
}

export interface Executor {
  /** Resolves when it has ended, with why. */
  readonly ended: Promise<'stopped' | 'replaced' | 'revoked'>;
  /** Begins nothing more, lets run what runs for a while, and ends. */
  readonly stop: () => Promise<void>;
}

/**
 * @throws Fault `internal` while another executor runs from the same home; nothing of it is touched.
 * `tier_unavailable` where no tier is left to serve.
 */
export async function startExecutor(options: ExecutorOptions): Promise<Executor> {
  const { home, identity, tell, log } = options;
  const policy = keepOwn(options.policy, home);
  for (const sentence of describeParts(options.policy, home)) tell(sentence);
  const ledger = withLedger(home.ledgerFile, (path) => new CallLedger(path));
  const stopSweeping = keepSwept(ledger, tell);
  const { tiers, problems: unswept } = await sweepTiers(options.tiers);
  if (Object.keys(tiers).length === 0) throw new Fault('tier_unavailable', unswept.join('; '));
  for (const problem of unswept) tell(problem);
  rmSync(home.runFolder, { recursive: true, force: true });
  mkdirSync(home.runFolder, { recursive: true, mode: 0o711 });
  const { plugins, problems } = readCatalogue(policy);
  for (const { name, message } of problems) tell(`plugin "${name}" is not offered: ${message}`);

  const proxy = new EgressProxy({ folder: home.runFolder, privateHosts: policy.privateHosts });
  const pool = new ServerPool();
  const host = { start: createStarter(tiers, proxy), pool, policy };
  const sealing = createSealingKey(identity);
  const desk: CallDesk = new CallDesk({
    ...{ identity, policy, plugins, ledger, log, sealing },
    verifier: createTicketVerifier(identity.gatewayKey, identity.node),
    run: (job) => runJob(host, job),
    answer: (end) => connection.send({ kind: 'done', ...end }),
    progress: (callKey, text) => connection.send({ kind: 'progress', callKey, text }),
    giveBack: (callKey) => connection.send({ kind: 'absent', callKey }),
  });
  const interrupted = withLedger(home.ledgerFile, () => desk.settleInterrupted());
  if (interrupted > 0) tell(`calls that an earlier run did not finish: ${interrupted}`);

  const { promise: ended, resolve: end } = Promise.withResolvers<
    'stopped' | 'replaced' | 'revoked'
  >();
  const place = { container: policy.container, folder: home.containerFolder };
  const hosted = plugins.filter(({ tier }) => tiers[tier] !== undefined);
  const images = await loadImages(place, hosted);
  const offered = hosted.filter((_, at) => images[at]?.ok);
  for (const [at, { name }] of hosted.entries()) {
    const loaded = images[at];
    if (loaded?.ok === false) tell(`plugin "${name}" is not offered: ${loaded.error}`);
  }
  let finishing: Promise<void> | undefined;
  let isOver = false;
  const parts = { ledger: ledger.identity, sealing: sealing.offer };
  const connection = new GatewayConnection(identity, toOffer(policy, offered, parts), {
    onFrame: (frame) => {
      if (frame.kind === 'let-go') pool.letGo();
      else if (!isOver) hear(desk, connection, frame);
    },
    onState: (state, said) => {
      tell(state === 'clock' ? tellClock(Number(said)) : STATES[state]);
      // Nobody could say what may not go on.
      if (state !== 'online') pool.letGo();
      if (state === 'online' && finishing !== undefined) connection.send({ kind: 'draining' });
    },
    onEnd: (why) => void finish(why),
  });
  const finish = (why: 'stopped' | 'replaced' | 'revoked'): Promise<void> => {
    finishing ??= (async () => {
      connection.send({ kind: 'draining' });
      await desk.drain(why === 'stopped' ? DRAIN_MS : 0);
      await pool.close();
      await connection.close();
      isOver = true;
      stopSweeping();
      ledger.close();
      end(why);
    })();
    return finishing;
  };
  connection.open();
  return { ended, stop: () => finish('stopped') };
}

/** `aheadMs`: as the gateway says. */
function tellClock(aheadMs: number): string {
  return `the gateway refuses the connection: ${describeClock(aheadMs)}; trying again`;
}

/**
 * It is locked while an executor runs, so whoever has it is the only one.
 *
 * @throws Fault `internal` that says what must hold.
 */
function withLedger<T>(path: string, use: (path: string) => T): T {
  try {
    return use(path);
  } catch (cause) {
    const must = isLocked(cause)
      ? 'no other executor may run from the same home'
      : ledgerMust(path);
    throw new Fault('internal', `Cannot open the ledger: ${must}`, { cause });
  }
}

function hear(desk: CallDesk, connection: GatewayConnection, frame: GatewayFrame): void {
  if (frame.kind === 'call') desk.take(frame);
  if (frame.kind === 'cancel') desk.cancel(frame.callKey);
  if (frame.kind !== 'recall') return;
  const { callKey } = frame;
  if (desk.recall(callKey) === 'absent') connection.send({ kind: 'absent', callKey });
}

function toOffer(
  { slots }: LocalPolicy,
  plugins: NodeOffer['plugins'],
  parts: Pick<NodeOffer, 'ledger' | 'sealing'>,
): NodeOffer {
  return {
    ...parts,
    letsGo: true,
    version: EXECUTOR_VERSION,
    platform: `${process.platform} ${process.arch}`,
    slots,
    plugins: plugins.map(({ name, codeHash, tier }) => ({ name, codeHash, tier })),
  };
}
