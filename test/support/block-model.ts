/**
 * What a program of blocks must come to: a small model of mailboxes, links, monitors and exits.
 *
 * @module
 */

import { expect } from 'vitest';

export type Reason = 'normal' | 'killed' | 'noproc' | { readonly crash: string };

/** What a block must be by now. */
export interface Expected {
  reason: Reason | undefined;
  trapsExits: boolean;
  readonly links: Set<number>;
  readonly monitors: { readonly ref: string; readonly target: number }[];
  /** By sender: what it must have received, in order, and has not acknowledged. */
  readonly mail: Map<string, unknown[]>;
  acknowledged: number;
}

/** What must be so: a few lines, without streams, rows or retries. */
export class Model {
  readonly blocks: Expected[] = [];
  readonly ids: string[] = [];

  constructor(ids: readonly string[]) {
    for (const id of ids) this.add(id);
  }

  add(id: string): number {
    const links = new Set<number>();
    const mail = new Map<string, unknown[]>();
    this.blocks.push({
      reason: undefined,
      trapsExits: false,
      links,
      monitors: [],
      mail,
      acknowledged: 0,
    });
    return this.ids.push(id) - 1;
  }

  /** The oldest message of whichever sender it came from, taken and acknowledged. */
  take(which: number, from: string, body: unknown): void {
    const block = this.blocks[which]!;
    const { mail } = block;
    const [oldest, ...rest] = mail.get(from) ?? [];
    expect(body).toEqual(oldest);
    block.acknowledged += 1;
    if (rest.length === 0) mail.delete(from);
    else mail.set(from, rest);
  }

  deliver(to: number, from: string, body: unknown): void {
    const { mail, reason } = this.blocks[to]!;
    if (reason === undefined) mail.set(from, [...(mail.get(from) ?? []), body]);
  }

  end(which: number, reason: Reason): void {
    const block = this.blocks[which]!;
    if (block.reason !== undefined) return;
    block.reason = reason;
    const from = this.ids[which]!;
    // A block that is both linked and watching hears the link first.
    for (const other of block.links) {
      const linked = this.blocks[other]!;
      linked.links.delete(which);
      if (linked.trapsExits) this.deliver(other, `block:${from}`, { type: 'exit', from, reason });
      else if (reason !== 'normal') this.end(other, reason);
    }
    block.links.clear();
    for (const [watcher, { monitors }] of this.blocks.entries()) {
      for (const { ref } of monitors.filter(({ target }) => target === which)) {
        this.deliver(watcher, `block:${from}`, { type: 'down', from, ref, reason });
      }
    }
  }
}

/** One death may be told to one block by several monitors: in which order, nobody promises. */
export function withDownsByRef(
  mail: ReadonlyMap<string, readonly unknown[]>,
): Map<string, unknown[]> {
  return new Map([...mail].map(([sender, bodies]) => [sender, sortDowns(bodies)]));
}

function sortDowns(bodies: readonly unknown[]): unknown[] {
  const refs = bodies.flatMap((body) => (isDown(body) ? [body.ref] : [])).sort();
  return bodies.map((body) => (isDown(body) ? { ...body, ref: refs.shift() } : body));
}

function isDown(body: unknown): body is { readonly type: 'down'; readonly ref: string } {
  return typeof body === 'object' && body !== null && 'type' in body && body.type === 'down';
}
