/**
 * Which models a name stands for, and which of them a principal may ask.
 *
 * An alias, `alias/<name>`, is a list of models in the order in which they are asked; an agent,
 * `<workspace>/<agent>`, has one model or alias. Neither widens anything: each model must be allowed by
 * policy and held as a capability, as if it had been named.
 *
 * @module
 */

import { toResource } from '../capabilities/resource.ts';
import { findAgent } from './agent-policy.ts';
import type { Authority } from './authority.ts';
import { findObjection } from './authorize.ts';
import { allowsModel, isEmbeddedModel } from './model-name.ts';
import { aliasOf, type ModelPolicy } from './model-policy.ts';

/** What is asked of a model: its whole reply, its reply as it comes, or vectors. */
export type ModelUse = 'provider:llm:call' | 'provider:llm:stream' | 'provider:embedding';

/** Of a language model. */
export function languageUse(isStreaming: boolean): ModelUse {
  return isStreaming ? 'provider:llm:stream' : 'provider:llm:call';
}

interface Wish {
  readonly use: ModelUse;
  readonly now: number;
}

/** In the order in which they are asked; none if policy has no such model, or the principal may not. */
export function usableModels(authority: Authority, name: string, wish: Wish): readonly string[] {
  return modelsOf(authority, name).filter((model) => mayUseModel(authority, model, wish));
}

/** One that is named as `provider/model`. */
export function mayUseModel(authority: Authority, model: string, wish: Wish): boolean {
  return allowsModel(authority.policy.models.allow, model) && mayAsk(authority, model, wish);
}

/** Whether it means an alias that policy does not have. */
export function isUnknownAlias({ policy }: Authority, name: string): boolean {
  const alias = aliasOf(name);
  return alias !== undefined && !Object.hasOwn(policy.models.aliases, alias);
}

/** Whatever it stands for is a model: neither an alias nor an agent again. */
function modelsOf({ policy, principal }: Authority, name: string): readonly string[] {
  const agent = findAgent(policy.agents, principal.workspace, name);
  return modelsOfAlias(policy.models, agent?.model ?? name);
}

function modelsOfAlias({ aliases }: ModelPolicy, name: string): readonly string[] {
  const alias = aliasOf(name);
  if (alias === undefined) return [name];
  return Object.hasOwn(aliases, alias) ? (aliases[alias] ?? []) : [];
}

/** A reply of what runs in the gateway itself is nobody's to grant; all else is a capability. */
function mayAsk(authority: Authority, model: string, { use, now }: Wish): boolean {
  if (isEmbeddedModel(model) && use !== 'provider:embedding') return true;
  const resource = toResource('name', model);
  if (!resource.ok) return false;
  const capability = `${use}:${resource.value}`;
  return findObjection(authority, { capability, now }) === undefined;
}
