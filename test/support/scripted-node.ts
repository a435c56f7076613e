/**
 * A node that a test plays itself, frame by frame: it is enrolled and proves itself like any other,
 * and then says whatever the test wants.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ExecutorReceipt,
  RECEIPT_CONTEXT,
  receiptText,
} from '../../src/core/executor-protocol/executor-receipt.ts';
import { handshakeText } from '../../src/core/executor-protocol/handshake.ts';
import type { NodeOffer } from '../../src/core/executor-protocol/node-offer.ts';
import { enrol } from '../../src/executor/enrol.ts';
import { locateHome } from '../../src/executor/executor-home.ts';
import { connectUrl } from '../../src/executor/gateway-url.ts';
import { type Identity, signText } from '../../src/executor/identity.ts';
import { sha256Text } from '../../src/executor/sha256.ts';
import type { Api } from './api.ts';
import type { Gateway } from './gateway.ts';

// biome-ignore lint/suspicious/noExplicitAny: frames of every shape
export type Frame = any;

export interface Link {
  readonly send: (frame: object | string) => void;
  /** The next frame that came and was not taken yet. */
  readonly next: () => Promise<Frame>;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly close: () => void;
}

/** Makes a node at the gateway, and enrols it with a key of the test's own. */
export async function enrolNode(gateway: Gateway, api: Api): Promise<Identity> {
  const { body } = await api.post('/v1/nodes', { name: 'scripted' });
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-node-'));
  try {
    const enrolled = await enrol(locateHome({}, folder), gateway.url, body.code);
    if (!enrolled.ok) throw new Error(enrolled.error);
    return enrolled.value;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A connection that has proved nothing yet. */
export async function dial({ gatewayUrl, workspace, node }: Identity): Promise<Link> {
  const socket = new WebSocket(connectUrl(new URL(gatewayUrl), workspace, node));
  const frames: Frame[] = [];
  const waiting: ((frame: Frame) => void)[] = [];
  const closed = new Promise<number>((resolve) =>
    socket.addEventListener('close', ({ code }) => resolve(code)),
  );
  socket.addEventListener('message', ({ data }) => {
    const frame = data === 'pong' ? data : JSON.parse(String(data));
    const next = waiting.shift();
    if (next === undefined) frames.push(frame);
    else next(frame);
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('The connection was refused')));
  });
  return {
    closed,
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    next: async () =>
      frames.shift() ??
      (await Promise.race([
        new Promise<Frame>((resolve) => waiting.push(resolve)),
        closed.then((code) => Promise.reject(new Error(`closed with ${code}`))),
      ])),
    close: () => socket.close(),
  };
}

export const newNonce = () => randomBytes(32).toString('base64url');

export interface Challenged {
  readonly link: Link;
  readonly executorNonce: string;
  readonly challenge: Frame;
}

export async function challenged(identity: Identity): Promise<Challenged> {
  const link = await dial(identity);
  const executorNonce = newNonce();
  link.send({ kind: 'hello', version: 1, nonce: executorNonce });
  return { link, executorNonce, challenge: await link.next() };
}

export function proofOf(
  { workspace, node, privateKey }: Identity,
  { executorNonce, challenge }: Pick<Challenged, 'executorNonce' | 'challenge'>,
): string {
  const shake = { workspace, node, executorNonce, gatewayNonce: challenge.nonce };
  return signText(privateKey, handshakeText('executor', shake));
}

interface Offered {
  readonly name: string;
  readonly codeHash: string;
  readonly tier: string;
}

export const offerOf = (plugins: readonly Offered[] = []) => ({
  version: 'test',
  platform: 'test',
  slots: 4,
  plugins,
});

/** A connection that has proved itself, and offers these plugins, with what else it says. */
export async function connectNode(
  identity: Identity,
  plugins: readonly Offered[] = [],
  more: Pick<NodeOffer, 'ledger' | 'clockAt'> = {},
): Promise<Link> {
  const hand = await challenged(identity);
  const offer = { ...offerOf(plugins), ...more };
  hand.link.send({ kind: 'proof', signature: proofOf(identity, hand), offer });
  const welcome = await hand.link.next();
  if (welcome.kind !== 'welcome') throw new Error(JSON.stringify(welcome));
  return hand.link;
}

/** A true receipt for a call frame with this output, as it would be signed, but for the changes. */
export function doneFrame(
  identity: Identity,
  call: Frame,
  output: string,
  changes: Partial<ExecutorReceipt> = {},
): { kind: 'done'; callKey: string; receipt: string; signature: string; output: string } {
  const [, payload = ''] = call.ticket.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()).call;
  const receipt = receiptText({
    node: identity.node,
    callKey: call.callKey,
    ticketHash: sha256Text(call.ticket),
    codeHash: claims.codeHash,
    argumentHash: claims.argumentHash,
    outputHash: sha256Text(output),
    outcome: 'ok',
    exitCode: 0,
    durationMs: 1,
    outputBytes: Buffer.byteLength(output),
    truncated: false,
    hosts: [],
    hostsLeftOut: 0,
    refusedConnections: 0,
    ...changes,
  });
  const signature = signText(identity.privateKey, RECEIPT_CONTEXT + receipt);
  return { kind: 'done', callKey: call.callKey, receipt, signature, output };
}
