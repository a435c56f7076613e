/**
 * A whole audit as a stream of lines, page by page: what is read next is asked for when the client has
 * taken what came before.
 *
 * @module
 */

import type { AuditPage, CheckpointNote } from '../blocks/audit/audit-api.ts';
import type { AuditReader } from '../blocks/audit/audit-client.ts';
import type { AuditRecord } from '../core/audit/chain.ts';
import {
  type ExportHeading,
  toCheckpointLine,
  toHeadingLine,
  toRecordLine,
} from '../core/audit/export-line.ts';
import { toOcsf } from '../core/audit/to-ocsf.ts';
import { Fault } from '../core/errors/fault.ts';
import { canonicalJson } from '../core/primitives/canonical-json.ts';

/** Records asked for at once. */
const PAGE = 1_000;

/** Checkpoints asked for at once. */
const CHECKPOINT_PAGE = 500;

/** Verifiable: the heading, all records, and every checkpoint after the last record it vouches for. */
export async function* exportLines(
  audit: AuditReader,
  heading: ExportHeading,
): AsyncGenerator<string> {
  yield toHeadingLine(heading);
  const end = await audit.sign();
  if (end === undefined) return;
  const checkpoints = checkpointsOf(audit);
  let next = await checkpoints.next();
  for await (const record of recordsOf(audit, end.size)) {
    yield toRecordLine(record);
    if (next.done || next.value.size !== record.seq) continue;
    yield toCheckpointLine(next.value.note);
    next = await checkpoints.next();
  }
}

/** For programs that gather events: no heading, no checkpoints. */
export async function* ocsfLines(audit: AuditReader, workspace: string): AsyncGenerator<string> {
  const end = await audit.sign();
  for await (const record of recordsOf(audit, end?.size ?? 0)) {
    yield canonicalJson(toOcsf(record, workspace));
  }
}

/**
 * As bytes, a page's worth of lines at a time. Who may not have the next page any more hears the stream
 * break off: part of an export must not pass for the whole.
 */
export function toLineStream(
  lines: AsyncGenerator<string>,
  mayStill: () => Promise<boolean>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      if (!(await mayStill())) return controller.error(new Fault('denied'));
      let chunk = '';
      for (let count = 0; count < PAGE; count++) {
        const line = await lines.next();
        if (line.done) {
          if (chunk !== '') controller.enqueue(encoder.encode(chunk));
          controller.close();
          return;
        }
        chunk += `${line.value}\n`;
      }
      controller.enqueue(encoder.encode(chunk));
    },
    async cancel() {
      await lines.return(undefined);
    },
  });
}

async function* recordsOf(audit: AuditReader, upTo: number): AsyncGenerator<AuditRecord> {
  for (let after = 0; after < upTo; ) {
    const { records }: AuditPage = await audit.query({ after, upTo, limit: PAGE });
    const last = records.at(-1);
    if (last === undefined) return;
    yield* records;
    after = last.seq;
  }
}

async function* checkpointsOf(audit: AuditReader): AsyncGenerator<CheckpointNote> {
  for (let after = 0; ; ) {
    const page = await audit.checkpoints(after, CHECKPOINT_PAGE);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < CHECKPOINT_PAGE) return;
    after = last.size;
  }
}
