/**
 * Which model drives a turn, and whether its principal may ask it.
 *
 * @module
 */

import type { TurnDriver } from '../../core/conversation/turn.ts';
import { type Agent, findAgent } from '../../core/policy/agent-policy.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { isUnknownAlias, languageUse, usableModels } from '../../core/policy/model-access.ts';
import { isEmbeddedModel } from '../../core/policy/model-name.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { AdmitTurn } from './session-api.ts';

interface Situation {
  readonly sessionModel: string | undefined;
  readonly now: number;
}

/** `denied` if policy does not have that model, or the principal may not call it. */
export function chooseDriver(
  { driver }: Pick<AdmitTurn, 'driver'>,
  authority: Authority,
  { sessionModel, now }: Situation,
): Result<TurnDriver, 'model_unknown' | 'denied'> {
  if (driver.kind === 'program') return ok(driver);
  const model =
    driver.kind === 'model' ? driver.model : (sessionModel ?? authority.policy.models.default);
  const { streams } = driver;
  const use = languageUse(streams === true);
  if (isUnknownAlias(authority, model)) return err('model_unknown');
  if (usableModels(authority, model, { use, now }).length === 0) return err('denied');
  return ok({ kind: 'model', model, ...(streams && { streams }) });
}

/** The agent that drives it, if it is one. */
export function agentOf(driver: TurnDriver, { policy, principal }: Authority): Agent | undefined {
  if (driver.kind === 'program') return undefined;
  return findAgent(policy.agents, principal.workspace, driver.model);
}

/** Whether a run of this driver spends no money and reaches nobody before its first commit. */
export function isFreeOfCost(driver: TurnDriver): boolean {
  return driver.kind === 'program' || isEmbeddedModel(driver.model);
}
