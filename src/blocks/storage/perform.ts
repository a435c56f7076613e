/**
 * Does what a plugin asks of its storage, within its limits.
 *
 * @module
 */

import { joinLabels, type Label, LOWEST_LABEL } from '../../core/policy/labels.ts';
import { type EntryStore, type LabelledEntry, sizeOf } from './entry-store.ts';
import {
  findRequestProblem,
  type Performed,
  STORAGE_LIMITS,
  type StorageAnswer,
  type StorageRefusal,
  type StorageRequest,
  type StoredEntry,
} from './storage-api.ts';

/** Part of a transaction. `label` is that of what is written. */
export function perform(store: EntryStore, request: StorageRequest, label: Label): Performed {
  const problem = findRequestProblem(request);
  if (problem !== undefined) return silent({ kind: 'refused', reason: problem });
  switch (request.kind) {
    case 'get': {
      const found = store.find(request.key);
      return show({ kind: 'value', value: found?.value }, found === undefined ? [] : [found]);
    }
    case 'list': {
      const found = store.list(request, createPage());
      const entries = found.map(({ key, value }) => ({ key, value }));
      return show({ kind: 'entries', entries }, found);
    }
    case 'delete':
      store.delete(request.key);
      return silent({ kind: 'done' });
    case 'set':
    case 'add':
      return silent(write(store, request, label));
  }
}

type WriteRequest = Extract<StorageRequest, { kind: 'set' | 'add' }>;

function write(store: EntryStore, request: WriteRequest, label: Label): StorageAnswer {
  const reason = findWriteProblem(store, request);
  if (reason !== undefined) return { kind: 'refused', reason };
  const { key, value } = request;
  store.createTables();
  store.put({ key, value, label });
  return { kind: 'done' };
}

function findWriteProblem(store: EntryStore, request: WriteRequest): StorageRefusal | undefined {
  const before = store.sizeAt(request.key);
  if (before !== undefined && request.kind === 'add') return 'key_exists';
  const { keys, bytes } = store.usage();
  if (before === undefined && keys >= STORAGE_LIMITS.keys) return 'too_many_keys';
  const after = bytes - (before ?? 0) + sizeOf(request);
  return after > STORAGE_LIMITS.total ? 'storage_full' : undefined;
}

/** Whether one more entry fits into a list; the first always does, so that lists come to an end. */
function createPage(): (entry: StoredEntry) => boolean {
  let bytes = 0;
  return (entry) => {
    const isFirst = bytes === 0;
    bytes += sizeOf(entry);
    return isFirst || bytes <= STORAGE_LIMITS.listedBytes;
  };
}

function show(answer: StorageAnswer, shown: readonly LabelledEntry[]): Performed {
  const label = shown.reduce((joined, entry) => joinLabels(joined, entry.label), LOWEST_LABEL);
  return { answer, label };
}

function silent(answer: StorageAnswer): Performed {
  return { answer, label: LOWEST_LABEL };
}
