/**
 * A block is born: its tables, its facts and its first relations, in one transaction.
 *
 * @module
 */

import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { startChildren } from '../supervisor/run-supervisor.ts';
import { owesBirth } from './birth-record.ts';
import type { BirthOrder, BlockRefusal } from './block-api.ts';
import { type BlockParts, sendSoon } from './block-parts.ts';
import { DIRECTORY } from './end-block.ts';
import { beginInheriting } from './inherit-messages.ts';
import { refusal } from './refusals.ts';

/** Part of a transaction. The same order again changes nothing; ids are never used twice. */
export function giveBirth(parts: BlockParts, order: BirthOrder): Result<true, BlockRefusal> {
  const known = parts.facts.read();
  if (known !== undefined) {
    return toText(known.order) === toText(order)
      ? ok(true)
      : err(refusal('conflict', 'There is a block of this id'));
  }
  parts.facts.create(order, parts.now());
  if (order.link !== undefined) parts.relations.setLink(order.link, { isLinked: true, version: 1 });
  if (order.monitor !== undefined) parts.relations.addWatcher(order.monitor.by, order.monitor.ref);
  if (order.name !== undefined) {
    const replaces = order.inherit?.from ?? order.replaces;
    parts.facts.update({ isListed: true });
    parts.pairs.say(DIRECTORY, {
      kind: 'named',
      name: order.name,
      ...(replaces !== undefined && { replaces }),
    });
    sendSoon(parts);
  }
  if (order.inherit !== undefined) beginInheriting(parts, order);
  startBehavior(parts, order);
  if (owesBirth(parts)) sendSoon(parts);
  return ok(true);
}

/** A supervisor is up once its children are; all others are at once. */
function startBehavior(parts: BlockParts, order: BirthOrder): void {
  const facts = parts.facts.alive();
  if (facts === undefined) return;
  const { behavior, supervised } = order;
  const [parent] = order.ancestors;
  if (behavior.kind === 'supervisor') {
    startChildren(parts, facts, behavior);
  } else if (supervised && parent !== undefined) {
    parts.pairs.say(parent, { kind: 'born' });
    sendSoon(parts);
  }
}

function toText(order: BirthOrder): string {
  const plain: JsonValue = JSON.parse(JSON.stringify(order));
  return canonicalJson(plain);
}
