/**
 * How the issuers that a workspace trusts are written in the JSON of its policy.
 *
 * @module
 */

import * as z from 'zod';
import { allowListSchema } from './pattern-lists.ts';
import { SIGN_IN_ALGORITHMS } from './sign-in-algorithms.ts';
import type { SignInPolicy } from './sign-in-policy.ts';

export const SIGN_IN_CEILINGS = {
  issuers: 16,
  audiences: 16,
  rules: 64,
  conditions: 8,
  /** Names on the way to a claim, such as `["realm_access", "roles"]`. */
  claimPath: 4,
  values: 64,
  /** Characters of a URL, an audience, a claim's name or value. */
  characters: 256,
  clockSkewSeconds: 300,
  maxAgeSeconds: 604_800,
} as const;

/** Without a dot, so that the id of a principal tells where the name ends. */
const ISSUER_NAME = /^[a-z][a-z0-9-]{0,15}$/;

/** `http` only for hosts that `privateHosts` names: asked when the keys are fetched. */
const ISSUER_URL = /^https?:\/\/[^\s?#@\\]+$/;

const text = z.string().min(1).max(SIGN_IN_CEILINGS.characters);
const texts = (most: number) => z.array(text).min(1).max(most);

const ruleSchema = z.strictObject({
  when: z
    .array(
      z.strictObject({
        claim: texts(SIGN_IN_CEILINGS.claimPath),
        anyOf: texts(SIGN_IN_CEILINGS.values),
      }),
    )
    .max(SIGN_IN_CEILINGS.conditions),
  grants: allowListSchema,
});

const issuerSchema = z.strictObject({
  name: z.string().regex(ISSUER_NAME, 'must be lower-case letters, digits and "-", at most 16'),
  issuer: text.regex(ISSUER_URL, 'must be an https URL without query'),
  audiences: texts(SIGN_IN_CEILINGS.audiences),
  algorithms: z.array(z.enum(SIGN_IN_ALGORITHMS)).min(1).default(['RS256', 'ES256']),
  clients: texts(SIGN_IN_CEILINGS.audiences).exactOptional(),
  kind: z.enum(['user', 'service']).default('user'),
  subjectClaim: text.default('sub'),
  admits: z.enum(['matching', 'members']).default('matching'),
  clockSkewSeconds: z.int().min(0).max(SIGN_IN_CEILINGS.clockSkewSeconds).default(30),
  maxAgeSeconds: z.int().min(60).max(SIGN_IN_CEILINGS.maxAgeSeconds).default(86_400),
  rules: z.array(ruleSchema).min(1).max(SIGN_IN_CEILINGS.rules),
});

const areDistinct = (values: readonly string[]) => new Set(values).size === values.length;

export const signInPolicySchema: z.ZodType<SignInPolicy> = z.strictObject({
  issuers: z
    .array(issuerSchema)
    .max(SIGN_IN_CEILINGS.issuers)
    .refine(
      (issuers) =>
        areDistinct(issuers.map(({ name }) => name)) &&
        areDistinct(issuers.map(({ issuer }) => issuer)),
      'must differ in name and in issuer',
    )
    .default([]),
});
