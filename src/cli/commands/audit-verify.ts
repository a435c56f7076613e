/**
 * `audit verify`: says whether an exported audit is whole and unchanged, without asking anybody.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import type { BadLine, ExportProblem } from '../../core/audit/verify-export.ts';
import { isJsonObject } from '../../core/primitives/json.ts';
import { type FileVerdict, verifyFile } from '../audit/verify-file.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { readText, toJson } from '../read-file.ts';
import type { Terminal } from '../terminal.ts';

/** A note is a few hundred. */
const MAX_CHECKPOINT_BYTES = 16_384;

export const auditVerify: Command = {
  name: 'audit verify',
  summary: 'Say whether an exported audit is whole and unchanged',
  positionals: ['<export.ndjson>'],
  options: {
    key: {
      value: '<public key>',
      repeats: true,
      help: 'what GET /v1/audit/key answered, kept since; the present one first',
    },
    checkpoint: {
      value: '<file>',
      repeats: true,
      help: 'a checkpoint that was kept, as a note or as POST /v1/audit/checkpoints answers it',
    },
    json: { help: 'the verdict as JSON' },
  },
  details: [
    'The export is what GET /v1/audit/export answers. Nothing is asked of a gateway: the chain of hashes,',
    'the numbering, the Merkle tree and the signatures of its checkpoints are computed from the file.',
    'Without --key the key in the file is believed: then it is shown that the file fits together, not',
    'who wrote it. Without --checkpoint nobody sees that the file was cut off where it was signed last:',
    'then look at when that was.',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const [path = ''] = invocation.positionals;
  if (!existsSync(path)) throw CommandFailure.usage(`Cannot verify "${path}": it must exist`);
  const keys = invocation.values('key');
  const kept = invocation.values('checkpoint').map(readKept);
  const verdict = await verifyFile(path, { keys, kept });
  const ok = verdict.firstBad === undefined;
  if (invocation.has('json')) terminal.json({ ok, ...verdict });
  else show(verdict, keys.length > 0, terminal);
  return ok ? EXIT.ok : EXIT.finding;
}

function readKept(name: string): { readonly name: string; readonly note: string } {
  const text = readText(name, MAX_CHECKPOINT_BYTES);
  if (!text.startsWith('{')) return { name, note: text };
  const answer = toJson(name, text);
  return { name, note: isJsonObject(answer) ? String(answer.note) : '' };
}

function show(verdict: FileVerdict, isPinned: boolean, terminal: Terminal): void {
  const { workspace, publicKey, count, head, signedAt, firstBad } = verdict;
  terminal.line(`workspace ${workspace}`, 'quiet');
  terminal.line(`key       ${publicKey}${isPinned ? '' : ' (from the file; give --key)'}`, 'quiet');
  terminal.line(`records   ${count}, up to ${head}`, 'quiet');
  if (signedAt !== undefined) {
    terminal.line(`signed    ${new Date(signedAt).toISOString()}, the last time`, 'quiet');
  }
  if (firstBad === undefined) terminal.line('The audit holds', 'good');
  else terminal.line(`The audit does not hold: ${describe(firstBad, count)}`, 'bad');
}

const PROBLEMS: Readonly<Record<ExportProblem, (bad: BadLine, count: number) => string>> = {
  missing: ({ seq }) => `record ${seq} is missing, or not in its place`,
  inserted: ({ seq }) => `record ${seq} is there a second time`,
  link: ({ seq }) => `record ${seq} does not follow the record before it`,
  hash: ({ seq }) => `record ${seq} was changed`,
  gap: ({ seq }) => `record ${seq} leaves out an event of its source`,
  unreadable: ({ seq }) => `record ${seq} cannot be read`,
  signature: () => 'a checkpoint, or the heading, is not of this key and workspace',
  checkpoint: ({ seq, holdsTo = 0 }) =>
    `a signed checkpoint says otherwise about records ${holdsTo + 1} to ${seq}`,
  kept: ({ seq }, count) =>
    seq > count
      ? 'a checkpoint that was kept vouches for more records: the end was cut off, or the file is the ' +
        'older of the two, and has to be exported again'
      : `a checkpoint that was kept says otherwise about record ${seq} or one before it`,
  expired: () => 'more records are forgotten than the record itself says',
  end: ({ seq }) => `records from ${seq} on are vouched for by no checkpoint`,
};

function describe(bad: BadLine, count: number): string {
  return `${PROBLEMS[bad.problem](bad, count)} (line ${bad.line})`;
}
