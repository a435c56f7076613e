/**
 * Links, monitors and children of a block, and the blocks that monitor it or were left to it.
 *
 * Rows are few and asked often, so memory holds a copy of them all. The tables are made when the first
 * relation is. Whoever rolls a transaction back calls {@link RelationStore.forget}.
 *
 * @module
 */

import type { LinkRow } from '../../core/supervision/link-table.ts';
import type { Tables } from './tables.ts';

/**
 * `link`: by peer, with its row. `monitor`: ours of another block, by ref. `watcher`: another
 * block's of ours, by peer and ref. `child`: one that we spawned. `ward`: one below us whose parent has
 * ended.
 */
type Kind = 'link' | 'monitor' | 'watcher' | 'child' | 'ward';

interface Relation {
  readonly kind: Kind;
  readonly peer: string;
  /** Of monitors; empty for others. */
  readonly ref: string;
  readonly link?: LinkRow;
}

type RelationRow = { kind: Kind; peer: string; ref: string; is_linked: number; version: number };

const COLUMNS = `(
  kind TEXT NOT NULL, peer TEXT NOT NULL, ref TEXT NOT NULL,
  is_linked INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (kind, peer, ref)
) STRICT, WITHOUT ROWID`;

const keyOf = ({ kind, peer, ref }: Omit<Relation, 'link'>): string => `${kind} ${peer} ${ref}`;

export class RelationStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  #rows: Map<string, Relation> | undefined;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  forget(): void {
    this.#rows = undefined;
  }

  link(peer: string): LinkRow | undefined {
    return this.#read().get(keyOf({ kind: 'link', peer, ref: '' }))?.link;
  }

  setLink(peer: string, link: LinkRow): void {
    this.#put({ kind: 'link', peer, ref: '', link });
  }

  /** The link is over for good: the peer has ended. */
  dropLink(peer: string): void {
    this.#delete({ kind: 'link', peer, ref: '' });
  }

  linkedPeers(): string[] {
    return this.#all('link')
      .filter(({ link }) => link?.isLinked === true)
      .map(({ peer }) => peer);
  }

  addMonitor(ref: string, target: string): void {
    this.#put({ kind: 'monitor', peer: target, ref });
  }

  /** The target of a monitor of ours. */
  monitored(ref: string): string | undefined {
    return this.monitors().find((monitor) => monitor.ref === ref)?.peer;
  }

  monitors(): Relation[] {
    return this.#all('monitor');
  }

  dropMonitor(ref: string): void {
    const peer = this.monitored(ref);
    if (peer !== undefined) this.#delete({ kind: 'monitor', peer, ref });
  }

  addWatcher(peer: string, ref: string): void {
    this.#put({ kind: 'watcher', peer, ref });
  }

  dropWatcher(peer: string, ref: string): void {
    this.#delete({ kind: 'watcher', peer, ref });
  }

  watchers(): Relation[] {
    return this.#all('watcher');
  }

  addChild(peer: string): void {
    this.#put({ kind: 'child', peer, ref: '' });
  }

  /** `false` if it was none. */
  dropChild(peer: string): boolean {
    return this.#delete({ kind: 'child', peer, ref: '' });
  }

  children(): string[] {
    return this.#all('child').map(({ peer }) => peer);
  }

  addWard(peer: string): void {
    this.#put({ kind: 'ward', peer, ref: '' });
  }

  /** `false` if it was none. */
  dropWard(peer: string): boolean {
    return this.#delete({ kind: 'ward', peer, ref: '' });
  }

  wards(): string[] {
    return this.#all('ward').map(({ peer }) => peer);
  }

  /** Links and monitors of this block's own making or consent, for its limit. */
  count(): number {
    return this.linkedPeers().length + this.monitors().length;
  }

  clear(): void {
    if (this.#tables.has('relations')) this.#sql.exec('DELETE FROM relations');
    this.#rows = new Map();
  }

  #all(kind: Kind): Relation[] {
    return [...this.#read().values()].filter((relation) => relation.kind === kind);
  }

  #put(relation: Relation): void {
    const rows = this.#read();
    this.#tables.make('relations', COLUMNS);
    this.#sql.exec(
      'INSERT OR REPLACE INTO relations (kind, peer, ref, is_linked, version) VALUES (?, ?, ?, ?, ?)',
      relation.kind,
      relation.peer,
      relation.ref,
      relation.link?.isLinked ? 1 : 0,
      relation.link?.version ?? 0,
    );
    rows.set(keyOf(relation), relation);
  }

  #delete(relation: Omit<Relation, 'link'>): boolean {
    if (!this.#read().delete(keyOf(relation))) return false;
    const { kind, peer, ref } = relation;
    this.#sql.exec(
      'DELETE FROM relations WHERE kind = ? AND peer = ? AND ref = ?',
      kind,
      peer,
      ref,
    );
    return true;
  }

  #read(): Map<string, Relation> {
    if (this.#rows !== undefined) return this.#rows;
    const rows = this.#tables.has('relations')
      ? this.#sql
          .exec<RelationRow>('SELECT kind, peer, ref, is_linked, version FROM relations')
          .toArray()
      : [];
    this.#rows = new Map(rows.map(toRelation).map((relation) => [keyOf(relation), relation]));
    return this.#rows;
  }
}

function toRelation({ kind, peer, ref, is_linked: isLinked, version }: RelationRow): Relation {
  if (kind !== 'link') return { kind, peer, ref };
  return { kind, peer, ref, link: { isLinked: isLinked === 1, version } };
}
