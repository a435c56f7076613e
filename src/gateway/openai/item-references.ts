/**
 * Items that a client names instead of sending them again: what an earlier response of the same
 * workspace has said, put back into the input.
 *
 * @module
 */

import { readAllEvents } from '../client-turn.ts';
import { readForeignId } from '../foreign-turn-id.ts';
import { found, noSuch } from '../refusal.ts';
import type { RouteRequest } from '../route.ts';
import { type InputItem, inputItem, type ResponseInput } from './response-input.ts';
import { ResponseWriter } from './response-writer.ts';

/** Most responses that one input refers to: each is read from its session. */
const MAX_REFERRED_RESPONSES = 64;

const ITEM = /^(?:msg|fc)_([0-9a-f]{76})_\d{1,4}$/;

export type ResolvedInput = string | readonly InputItem[];

/** @throws Refusal for an id of no item here. */
export async function resolveReferences(
  request: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>,
  input: ResponseInput,
): Promise<ResolvedInput> {
  if (typeof input === 'string') return input;
  const known = new Map<string, ReadonlyMap<string, InputItem>>();
  const resolved: InputItem[] = [];
  for (const item of input) {
    if (item.type !== 'item_reference') {
      resolved.push(item);
      continue;
    }
    const responseId = `resp_${ITEM.exec(item.id)?.[1]}`;
    const items = known.get(responseId) ?? (await readItems(request, responseId));
    known.set(responseId, items);
    const found = items.get(item.id);
    if (found === undefined || known.size > MAX_REFERRED_RESPONSES) {
      throw noSuch('item of a response');
    }
    resolved.push(found);
  }
  return resolved;
}

async function readItems(
  request: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>,
  responseId: string,
): Promise<ReadonlyMap<string, InputItem>> {
  const writer = new ResponseWriter({ id: responseId, echo: {} });
  const turn = found(readForeignId(request, 'resp', responseId), 'response');
  for (const event of await readAllEvents(turn)) writer.take(event);
  return new Map(writer.output.map((item) => [item.id, inputItem.parse(item)]));
}
