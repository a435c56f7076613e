/**
 * Which models a turn may ask by now. Its authority only shrinks: what its model's name stood for when it
 * was admitted, as far as whoever has it run may still take turns, and ask that model.
 *
 * @module
 */

import { findGrant, type Grant } from '../capabilities/grant.ts';
import { parseCapability } from '../capabilities/pattern.ts';
import type { TurnDriver } from '../conversation/turn.ts';
import type { Authority } from './authority.ts';
import { languageUse, mayUseModel, usableModels } from './model-access.ts';
import type { TurnAuthority } from './newest-authority.ts';

type ModelDriver = Extract<TurnDriver, { kind: 'model' }>;

/** In the order in which they are asked; none if the turn is to end. */
export function turnModels(
  { first, newest }: TurnAuthority,
  { model, streams }: Omit<ModelDriver, 'kind'>,
  now: number,
): readonly string[] {
  if (!mayTakeTurns(newest, now) || !mayTakeTurns(first, now)) return [];
  const wish = { use: languageUse(streams === true), now };
  const models = usableModels(first, model, wish);
  return first === newest ? models : models.filter((id) => mayUseModel(newest, id, wish));
}

/** When {@link turnModels} becomes empty by the clock alone, in epoch milliseconds; never is `Infinity`. */
export function modelsEndAt(authority: TurnAuthority, driver: ModelDriver, now: number): number {
  const { first, newest } = authority;
  const ends = [first, newest].flatMap(grantsOf).map(({ expiresAt = now }) => expiresAt);
  const ahead = [...new Set(ends)].filter((at) => at > now).sort((a, b) => a - b);
  const end = ahead.find((at) => turnModels(authority, driver, at).length === 0);
  return end ?? Number.POSITIVE_INFINITY;
}

function grantsOf({ grants, principal }: Authority): readonly Grant[] {
  return [...grants, ...(principal.behalf?.grants ?? [])];
}

const TO_TAKE_TURNS = parseCapability('session:turn');

/** Who acts for somebody (a block, a channel, a schedule) has its turns by what it is, not by this grant. */
function mayTakeTurns({ grants, principal }: Authority, now: number): boolean {
  if (principal.behalf !== undefined) return true;
  return TO_TAKE_TURNS.ok && findGrant(grants, TO_TAKE_TURNS.value, now) !== undefined;
}
