/**
 * Checkpoints: a block's state and mailbox as they stood at one moment, kept with it, to go back to or
 * to begin another block with.
 *
 * A checkpoint holds no authority. Whoever restores one gets what is granted then.
 *
 * @module
 */

import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { StoredMessage } from '../kit/mailbox-store.ts';
import { isOwner } from './act-as-block.ts';
import type { BlockActor, BlockRefusal } from './block-api.ts';
import { type BlockParts, MAIL, transact } from './block-parts.ts';
import type {
  BlockSnapshot,
  CheckpointAnswer,
  CheckpointAsk,
  LeftMessage,
} from './checkpoint-api.ts';
import type { BlockFacts } from './facts-store.ts';
import { leftMessages } from './inherit-messages.ts';
import { behaviorOf, versionOf } from './present-facts.ts';
import { NOPROC, NOT_OWNED, refusal } from './refusals.ts';
import { reportChange } from './report-change.ts';
import { StateStore } from './state-store.ts';

/** Most bytes of all checkpoints of a block together, as JSON. */
const MAX_CHECKPOINT_BYTES = 33_554_432;

const COLUMNS = `(
  id TEXT PRIMARY KEY, at INTEGER NOT NULL, bytes INTEGER NOT NULL, text TEXT
) STRICT`;

type Row = { id: string; at: number; bytes: number; text: string | null };

/** A message as JSON: bytes as base64. */
type WrittenMessage = Omit<LeftMessage, 'body'> & {
  readonly text?: string;
  readonly base64?: string;
};

type Answer = Result<CheckpointAnswer, BlockRefusal>;

/** Answers with the list as it is afterwards, or with the snapshot that was asked for. */
export function askCheckpoints(parts: BlockParts, actor: BlockActor, ask: CheckpointAsk): Answer {
  const facts = parts.facts.read();
  if (facts === undefined) return err(NOPROC);
  if (!isOwner(facts, actor)) return err(NOT_OWNED);
  if (ask.kind === 'list') return list(parts);
  if (ask.kind === 'read') {
    const snapshot = findSnapshot(parts, ask.id);
    return snapshot === undefined ? err(NO_CHECKPOINT) : ok({ kind: 'snapshot', snapshot });
  }
  if (parts.facts.alive() === undefined) return err(NOPROC);
  switch (ask.kind) {
    case 'take':
      return take(parts, facts);
    case 'drop':
      return drop(parts, ask.id);
    case 'restore':
      return restore(parts, ask.id);
  }
}

const NO_CHECKPOINT = refusal('noproc', 'The block has no such checkpoint');

function list(parts: BlockParts): Answer {
  const checkpoints = rows(parts).map(({ id, at, bytes }) => ({ id, at, bytes }));
  return ok({ kind: 'list', checkpoints });
}

function take(parts: BlockParts, facts: BlockFacts): Answer {
  if (behaviorOf(facts).kind === 'supervisor') {
    return err(refusal('conflict', 'A supervisor has no state of its own to keep'));
  }
  const text = JSON.stringify(toWritten(readSnapshot(parts, facts)));
  const written = transact(parts, () =>
    write(parts, facts, { id: parts.newId('ckp'), at: parts.now(), text }),
  );
  return written.ok ? list(parts) : written;
}

function drop(parts: BlockParts, id: string): Answer {
  if (!rows(parts).some((row) => row.id === id)) return err(NO_CHECKPOINT);
  transact(parts, () => {
    parts.storage.sql.exec('DELETE FROM checkpoints WHERE id = ?', id);
    parts.values.delete(keyOf(id));
  });
  return list(parts);
}

/** Goes back, also to the behaviour of then: what came since is gone, and leases are void. */
function restore(parts: BlockParts, id: string): Answer {
  const snapshot = findSnapshot(parts, id);
  if (snapshot === undefined) return err(NO_CHECKPOINT);
  transact(parts, () => {
    applySnapshot(parts, snapshot);
    reportChange(parts, { behavior: snapshot.behavior });
  });
  parts.waiters.wake(MAIL);
  return list(parts);
}

function findSnapshot(parts: BlockParts, id: string): BlockSnapshot | undefined {
  const row = rows(parts).find((known) => known.id === id);
  if (row === undefined) return undefined;
  const { messages, ...snapshot } = JSON.parse(parts.values.unspill(keyOf(id), row.text));
  return { ...snapshot, messages: messages.map(fromWritten) };
}

/**
 * Part of a transaction. Signals are about what is, not about what was: they stay, and are heard first.
 * All get new numbers, so whatever held one of them holds nothing now.
 */
export function applySnapshot(parts: BlockParts, snapshot: BlockSnapshot): void {
  const { state, messages, behavior, version } = snapshot;
  parts.facts.update({ upgrade: { behavior, version } });
  const signals = takeAll(parts).filter(({ signal }) => signal);
  for (const { seq: _, leasedUntil: __, attempts: ___, body, ...facts } of signals) {
    parts.mailbox.add(facts, body);
  }
  for (const { facts, body } of messages) parts.mailbox.add(facts, body);
  const store = new StateStore(parts);
  if (state === undefined) store.clear();
  else store.write(state.text, state.label);
}

function takeAll({ mailbox }: BlockParts): StoredMessage[] {
  const all = [...mailbox.heads()].flatMap(({ seq }) => mailbox.read(seq) ?? []);
  for (const { seq } of all) mailbox.remove(seq);
  return all;
}

function readSnapshot(parts: BlockParts, facts: BlockFacts): BlockSnapshot {
  const state = new StateStore(parts).read();
  return {
    behavior: behaviorOf(facts),
    version: versionOf(facts),
    limits: facts.order.limits,
    ...(state !== undefined && { state }),
    messages: [...leftMessages(parts, 0)],
  };
}

interface Writing {
  readonly id: string;
  readonly at: number;
  readonly text: string;
}

/** Part of a transaction. */
function write(
  parts: BlockParts,
  { order }: BlockFacts,
  { id, at, text }: Writing,
): Result<true, BlockRefusal> {
  const known = rows(parts);
  const bytes = text.length;
  const total = known.reduce((sum, row) => sum + row.bytes, bytes);
  if (known.length >= order.limits.checkpoints || total > MAX_CHECKPOINT_BYTES) {
    return err(refusal('limit_reached', 'The block has all the checkpoints it may have'));
  }
  parts.tables.make('checkpoints', COLUMNS);
  parts.storage.sql.exec(
    'INSERT INTO checkpoints (id, at, bytes, text) VALUES (?, ?, ?, ?)',
    id,
    at,
    bytes,
    parts.values.spill(keyOf(id), text),
  );
  return ok(true);
}

function rows(parts: BlockParts): Row[] {
  if (!parts.tables.has('checkpoints')) return [];
  return parts.storage.sql
    .exec<Row>('SELECT id, at, bytes, text FROM checkpoints ORDER BY at, id')
    .toArray();
}

function toWritten({ messages, ...snapshot }: BlockSnapshot) {
  return {
    ...snapshot,
    messages: messages.map(
      ({ body, ...message }): WrittenMessage =>
        typeof body === 'string'
          ? { ...message, text: body }
          : { ...message, base64: Buffer.from(body).toString('base64') },
    ),
  };
}

function fromWritten({ text, base64, ...message }: WrittenMessage): LeftMessage {
  return { ...message, body: text ?? new Uint8Array(Buffer.from(base64 ?? '', 'base64')) };
}

function keyOf(id: string): string {
  return `checkpoint/${id}`;
}
