/**
 * The executor: composes what it takes to run calls on this machine.
 *
 * @module
 */

import { mkdirSync, rmSync } from 'node:fs';
import { Fault } from '../core/errors/fault.ts';
import type { NodeOffer } from '../core/executor-protocol/node-offer.ts';
import { CallDesk, type CallLog } from './call-desk.ts';
import { CallLedger } from './call-ledger.ts';
import { isLocked, ledgerMust } from './describe-ledger.ts';
import { EgressProxy } from './egress-proxy/egress-proxy.ts';
import type { ExecutorHome } from './executor-home.ts';
import type { Identity } from './identity.ts';
import { describeParts, keepOwn } from './keep-own.ts';
import type { LocalPolicy } from './local-policy.ts';
import { ServerPool } from './mcp/server-pool.ts';
import { loadImages, sweepTiers } from './open-tiers.ts';
import { type LocalPlugin, readCatalogue } from './plugin-catalogue.ts';
import { runJob } from './run-job.ts';
import { type ExecutorEnd, RunningExecutor } from './running-executor.ts';
import { createSealingKey } from './sealing-key.ts';
import { createStarter, type Tiers } from './start-program.ts';
import { keepSwept } from './sweep-ledger.ts';
import { createTicketVerifier } from './verify-ticket.ts';

const EXECUTOR_VERSION = '0.1.0';

/** Tells the operator; one line each. */
type Tell = (line: string) => void;

export interface ExecutorOptions {
  readonly home: ExecutorHome;
  readonly identity: Identity;
  readonly policy: LocalPolicy;
  readonly tiers: Tiers;
  readonly tell: Tell;
  readonly log: (call: CallLog) => void;
}

export interface Executor {
  /** Resolves when it has ended, with why. */
  readonly ended: Promise<ExecutorEnd>;
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
  const tiers = await takeOver(options.tiers, tell);
  makeRunFolder(home);
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
    answer: (end) => running.send({ kind: 'done', ...end }),
    progress: (callKey, text) => running.send({ kind: 'progress', callKey, text }),
    giveBack: (callKey) => running.send({ kind: 'absent', callKey }),
  });
  const interrupted = withLedger(home.ledgerFile, () => desk.settleInterrupted());
  if (interrupted > 0) tell(`calls that an earlier run did not finish: ${interrupted}`);

  const place = { container: policy.container, folder: home.containerFolder };
  const hosted = plugins.filter(({ tier }) => tiers[tier] !== undefined);
  const offered = await withImages(place, hosted, tell);
  const parts = { ledger: ledger.identity, sealing: sealing.offer };
  const offer = toOffer(policy, offered, parts);
  const close = () => {
    stopSweeping();
    ledger.close();
  };
  const running = new RunningExecutor({ identity, offer, desk, pool, tell, close });
  running.open();
  return { ended: running.ended, stop: () => running.finish('stopped') };
}

/** Ends what an earlier run has left, and answers the tiers in which that could be done. */
async function takeOver(opened: Tiers, tell: Tell): Promise<Tiers> {
  const { tiers, problems } = await sweepTiers(opened);
  if (Object.keys(tiers).length === 0) throw new Fault('tier_unavailable', problems.join('; '));
  for (const problem of problems) tell(problem);
  return tiers;
}

/** Anew, since an earlier run may have left things there. */
function makeRunFolder({ runFolder }: ExecutorHome): void {
  rmSync(runFolder, { recursive: true, force: true });
  mkdirSync(runFolder, { recursive: true, mode: 0o711 });
}

/** Those of the plugins whose image is there, or that have none. */
async function withImages(
  place: Parameters<typeof loadImages>[0],
  plugins: readonly LocalPlugin[],
  tell: Tell,
): Promise<readonly LocalPlugin[]> {
  const images = await loadImages(place, plugins);
  for (const [at, { name }] of plugins.entries()) {
    const loaded = images[at];
    if (loaded?.ok === false) tell(`plugin "${name}" is not offered: ${loaded.error}`);
  }
  return plugins.filter((_, at) => images[at]?.ok);
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

function toOffer(
  { slots }: LocalPolicy,
  plugins: readonly LocalPlugin[],
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
