/**
 * Which models a name stands for, and which of them a principal may ask.
 *
 * An alias, `alias/<name>`, is a list of models in the order in which they are asked. It widens
 * nothing: each of them must be allowed by policy and held as a capability, as if it had been named.
 *
 * @module
 */

import { toResource } from '../capabilities/resource.ts';
import type { Authority } from './authority.ts';
import { findObjection } from './authorize.ts';
import { allowsModel, isEmbeddedModel } from './model-name.ts';
import { aliasOf, type ModelPolicy } from './model-policy.ts';

/** In the order in which they are asked; none if policy has no such model, or the principal may not. */
export function usableModels(authority: Authority, name: string, now: number): readonly string[] {
  const { models } = authority.policy;
  return modelsOf(models, name).filter(
    (model) => allowsModel(models.allow, model) && mayAsk(authority, model, now),
  );
}

function modelsOf({ aliases }: ModelPolicy, name: string): readonly string[] {
  const alias = aliasOf(name);
  if (alias === undefined) return [name];
  return Object.hasOwn(aliases, alias) ? (aliases[alias] ?? []) : [];
}

/** What runs in the gateway itself asks nobody; every provider's model is a capability. */
function mayAsk(authority: Authority, model: string, now: number): boolean {
  if (isEmbeddedModel(model)) return true;
  const resource = toResource('name', model);
  if (!resource.ok) return false;
  const capability = `provider:llm:call:${resource.value}`;
  return findObjection(authority, { capability, now }) === undefined;
}
