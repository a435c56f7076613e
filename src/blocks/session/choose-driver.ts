/**
 * Which model drives a turn, and whether its principal may ask it.
 *
 * @module
 */

import { toResource } from '../../core/capabilities/resource.ts';
import type { TurnDriver } from '../../core/conversation/turn.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { findObjection } from '../../core/policy/authorize.ts';
import { allowsModel, isEmbeddedModel } from '../../core/policy/model-name.ts';
import type { AdmitTurn } from './session-api.ts';

interface Situation {
  readonly sessionModel: string | undefined;
  readonly now: number;
}

/** Nothing if policy does not have that model, or the principal may not call it. */
export function chooseDriver(
  { driver }: Pick<AdmitTurn, 'driver'>,
  authority: Authority,
  { sessionModel, now }: Situation,
): TurnDriver | undefined {
  if (driver.kind === 'program') return driver;
  const { models } = authority.policy;
  const model = driver.kind === 'model' ? driver.model : (sessionModel ?? models.default);
  if (!allowsModel(models.allow, model) || !mayAsk(authority, model, now)) return undefined;
  return { kind: 'model', model };
}

/** Whether a run of this driver spends no money and reaches nobody before its first commit. */
export function isFreeOfCost(driver: TurnDriver): boolean {
  return driver.kind === 'program' || isEmbeddedModel(driver.model);
}

/** What runs in the gateway itself asks nobody; every provider's model is a capability. */
function mayAsk(authority: Authority, model: string, now: number): boolean {
  if (isEmbeddedModel(model)) return true;
  const resource = toResource('name', model);
  if (!resource.ok) return false;
  const capability = `provider:llm:call:${resource.value}`;
  return findObjection(authority, { capability, now }) === undefined;
}
