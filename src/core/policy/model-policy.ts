/**
 * Which models a workspace has, under which names, and how long they may keep it waiting.
 *
 * @module
 */

import * as z from 'zod';
import { allowsModel, MODEL_GLOB, MODEL_NAME } from './model-name.ts';

export interface ModelPolicy {
  /** The name of a model that `allow` takes, or of an alias. */
  readonly default: string;
  /** Globs as in `model-name.ts`. */
  readonly allow: readonly string[];
  /** `alias/<name>` stands for the first of these models that answers. */
  readonly aliases: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds until a provider must have begun its answer. */
  readonly firstByteMs: number;
}

/** Bounds of {@link ModelPolicy}. */
const MODEL_POLICY_CEILINGS = {
  allow: 64,
  aliases: 64,
  modelsOfAlias: 8,
  minFirstByteMs: 100,
  maxFirstByteMs: 600_000,
} as const;

export const DEFAULT_MODEL_POLICY: ModelPolicy = {
  default: 'embedded/planner',
  allow: ['*'],
  aliases: {},
  firstByteMs: 60_000,
};

const ALIAS_PREFIX = 'alias/';
const ALIAS = /^[a-z][a-z0-9-]{0,63}$/;

/** The alias that a name means, if it means one. */
export function aliasOf(name: string): string | undefined {
  return name.startsWith(ALIAS_PREFIX) ? name.slice(ALIAS_PREFIX.length) : undefined;
}

const modelName = z.string().regex(MODEL_NAME, 'must be provider/model');

/** What a policy's alias is asked for by. */
export function toAliasName(alias: string): string {
  return `${ALIAS_PREFIX}${alias}`;
}

const aliases = z
  .record(
    z.string().regex(ALIAS, 'must be lower-case letters, digits and dashes'),
    z
      .array(modelName.refine((name) => aliasOf(name) === undefined, 'must not be an alias'))
      .min(1)
      .max(MODEL_POLICY_CEILINGS.modelsOfAlias),
  )
  .refine(
    (record) => Object.keys(record).length <= MODEL_POLICY_CEILINGS.aliases,
    `must have at most ${MODEL_POLICY_CEILINGS.aliases} members`,
  )
  .default({});

export const modelPolicySchema = z
  .strictObject({
    default: modelName.default(DEFAULT_MODEL_POLICY.default),
    allow: z
      .array(z.string().regex(MODEL_GLOB, 'must be provider/model, in which any part may be "*"'))
      .max(MODEL_POLICY_CEILINGS.allow)
      .default([...DEFAULT_MODEL_POLICY.allow]),
    aliases,
    firstByteMs: z
      .int()
      .min(MODEL_POLICY_CEILINGS.minFirstByteMs)
      .max(MODEL_POLICY_CEILINGS.maxFirstByteMs)
      .default(DEFAULT_MODEL_POLICY.firstByteMs),
  })
  .refine(isDefaultKnown, {
    path: ['default'],
    message: 'must be one of the models that are allowed, or an alias',
  });

function isDefaultKnown(models: ModelPolicy): boolean {
  const alias = aliasOf(models.default);
  if (alias !== undefined) return Object.hasOwn(models.aliases, alias);
  return allowsModel(models.allow, models.default);
}
