/**
 * How long the offline verifier takes for a million records, and how much memory: an export is
 * written to a temporary file, verified by the command itself, and verified again after one bit was
 * flipped. One JSON line.
 *
 *   npx node bench/audit-verify.ts [records]
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signCheckpoint } from '../src/blocks/audit/sign-checkpoint.ts';
import { signingKey } from '../src/blocks/kit/signing-key.ts';
import { chainRecord, GENESIS } from '../src/core/audit/chain.ts';
import { toCheckpointLine, toHeadingLine, toRecordLine } from '../src/core/audit/export-line.ts';
import { MerkleFrontier } from '../src/core/audit/merkle-frontier.ts';

const RECORDS = Number(process.argv[2] ?? 1_000_000);

/** About as many as a gateway signs that records a hundred events a second. */
const CHECKPOINT_EVERY = 6_000;

const WORKSPACE = 'bench';
const KEY = signingKey(Buffer.alloc(32, 7).toString('base64url'), 'audit-signing');

const folder = mkdtempSync(join(tmpdir(), 'sallyport-audit-'));
try {
  const path = join(folder, 'export.ndjson');
  writeExport(path);
  const whole = verify(path);
  const flippedSeq = flipBit(path);
  const flipped = verify(path);
  console.log(
    JSON.stringify({
      bench: 'audit-verify',
      records: RECORDS,
      fileBytes: statSync(path).size,
      verifyMs: whole.ms,
      peakMiB: whole.peakMiB,
      holds: whole.verdict.ok,
      flipped: { seq: flippedSeq, named: flipped.verdict.firstBad },
    }),
  );
} finally {
  rmSync(folder, { recursive: true });
}

function writeExport(path: string): void {
  const file = openSync(path, 'w');
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes);
  const tree = new MerkleFrontier((bytes) => sha256(bytes).digest());
  let lines = `${toHeadingLine({ workspace: WORKSPACE, publicKey: KEY.publicKey })}\n`;
  let previousHash = GENESIS;
  for (let seq = 1; seq <= RECORDS; seq++) {
    const content = { seq, source: 'ses_bench', sourceSeq: seq, event: eventOf(seq), previousHash };
    const record = chainRecord(content, (bytes) => sha256(bytes).digest('hex'));
    previousHash = record.hash;
    tree.add(Buffer.from(record.hash, 'hex'));
    lines += `${toRecordLine(record)}\n`;
    if (seq % CHECKPOINT_EVERY === 0 || seq === RECORDS) {
      const head = { workspace: WORKSPACE, size: seq, root: tree.root(), at: 1_795_000_000_000 };
      lines += `${toCheckpointLine(signCheckpoint(head, KEY).note)}\n`;
      writeSync(file, lines);
      lines = '';
    }
  }
  closeSync(file);
}

/** As large as the record of a tool call is. */
function eventOf(seq: number) {
  const hash = createHash('sha256').update(String(seq)).digest('hex');
  return {
    action: 'tool-call' as const,
    decision: 'allowed' as const,
    at: 1_795_000_000_000 + seq,
    actor: 'service:bench',
    requestId: hash.slice(0, 32),
    sessionId: `ses_${hash.slice(0, 44)}`,
    turnId: `turn_${hash.slice(0, 32)}`,
    callKey: `turn_${hash.slice(0, 32)}/0/0`,
    tool: 'text-stats',
    plugin: 'text-stats',
    pluginVersion: '1.0.0',
    codeHash: hash,
    argumentsHmac: hash,
    revision: 7,
  };
}

/** One bit in the middle of the file, in a record; answers its number. */
function flipBit(path: string): number {
  const file = openSync(path, 'r+');
  const window = Buffer.alloc(4_096);
  const middle = Math.floor(statSync(path).size / 2);
  readSync(file, window, 0, window.length, middle);
  const start = window.indexOf('\n{"event"') + 1;
  const line = window.subarray(start, window.indexOf('\n', start)).toString();
  const at = start + line.indexOf('text-stats');
  writeSync(file, Uint8Array.of((window[at] ?? 0) ^ 1), 0, 1, middle + at);
  closeSync(file);
  return JSON.parse(line).seq;
}

function verify(path: string) {
  const startedAt = performance.now();
  const command = ['bin/sallyport.mjs', 'audit', 'verify', path, '--key', KEY.publicKey, '--json'];
  const timed = spawnSync('/usr/bin/env', ['time', '-f', '%M', process.execPath, ...command]);
  const ms = Math.round(performance.now() - startedAt);
  const peakMiB = Math.round(Number(timed.stderr.toString().trim().split('\n').at(-1)) / 1_024);
  return { ms, peakMiB, verdict: JSON.parse(timed.stdout.toString()) };
}
