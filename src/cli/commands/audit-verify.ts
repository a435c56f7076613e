/**
 * `audit verify`: says whether an exported audit is whole and unchanged, without asking anybody.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import type { BadLine, ExportProblem } from '../../core/audit/verify-export.ts';
import { type FileVerdict, verifyFile } from '../audit/verify-file.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

export const auditVerify: Command = {
  name: 'audit verify',
  summary: 'Say whether an exported audit is whole and unchanged',
  positionals: ['<export.ndjson>'],
  options: {
    key: { value: '<public key>', help: 'what GET /v1/audit/key answered, kept since' },
    json: { help: 'the verdict as JSON' },
  },
  details: [
    'The export is what GET /v1/audit/export answers. Nothing is asked of a gateway: the chain of hashes,',
    'the numbering, the Merkle tree and the signatures of its checkpoints are computed from the file.',
    'Without --key the key in the file is believed: then it is shown that the file fits together, not',
    'who wrote it.',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const [path = ''] = invocation.positionals;
  if (!existsSync(path)) throw CommandFailure.usage(`Cannot verify "${path}": it must exist`);
  const pinned = invocation.value('key');
  const verdict = await verifyFile(path, pinned);
  const ok = verdict.firstBad === undefined;
  if (invocation.has('json')) terminal.json({ ok, ...verdict });
  else show(verdict, pinned !== undefined, terminal);
  return ok ? EXIT.ok : EXIT.finding;
}

function show(verdict: FileVerdict, isPinned: boolean, terminal: Terminal): void {
  const { workspace, publicKey, count, head, firstBad } = verdict;
  terminal.line(`workspace ${workspace}`, 'quiet');
  terminal.line(`key       ${publicKey}${isPinned ? '' : ' (from the file; give --key)'}`, 'quiet');
  terminal.line(`records   ${count}, up to ${head}`, 'quiet');
  if (firstBad === undefined) terminal.line('The audit holds', 'good');
  else terminal.line(`The audit does not hold: ${describe(firstBad)}`, 'bad');
}

const PROBLEMS: Readonly<Record<ExportProblem, (bad: BadLine) => string>> = {
  missing: ({ seq }) => `record ${seq} is missing, or not in its place`,
  inserted: ({ seq }) => `record ${seq} is there a second time`,
  link: ({ seq }) => `record ${seq} does not follow the record before it`,
  hash: ({ seq }) => `record ${seq} was changed`,
  gap: ({ seq }) => `record ${seq} leaves out an event of its source`,
  unreadable: ({ seq }) => `record ${seq} cannot be read`,
  signature: () => 'a checkpoint is not signed with this key',
  checkpoint: ({ seq, holdsTo = 0 }) =>
    `a signed checkpoint says otherwise about records ${holdsTo + 1} to ${seq}`,
  expired: () => 'more records are forgotten than the record itself says',
  end: ({ seq }) => `records from ${seq} on are vouched for by no checkpoint`,
};

function describe(bad: BadLine): string {
  return `${PROBLEMS[bad.problem](bad)} (line ${bad.line})`;
}
