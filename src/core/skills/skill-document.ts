/**
 * A skill as its author writes it: `SKILL.md`, front matter and Markdown, as agentskills.io describes
 * it.
 *
 * A skill is text: it runs nothing by itself, and what it allows only narrows what a turn may do. All
 * that is wrong with a document is reported at once; unknown fields are errors, so that a misspelt
 * `allowed-tools` does not leave everything allowed.
 *
 * @module
 */

import * as z from 'zod';
import { type PointerError, pointerError, readShape } from '../errors/pointer-errors.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { type FrontMatterValue, readFrontMatter } from './front-matter.ts';

/** Bounds of one skill, in characters, or in number where it is a list. */
export const SKILL_LIMITS = {
  document: 65_536,
  name: 64,
  description: 1_024,
  body: 60_000,
  metadata: 32,
  metadataValue: 512,
  tools: 64,
  keywords: 16,
  keyword: 64,
} as const;

/** When a skill comes into a turn; `manual` always does. */
export interface SkillTriggers {
  /** The model is told of it, and loads it when it wants to. */
  readonly auto: boolean;
  /** In lower case. It is active in a turn whose message holds one of them as a whole. */
  readonly keywords: readonly string[];
}

export interface SkillDocument {
  readonly name: string;
  readonly description: string;
  readonly license?: string;
  readonly compatibility?: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Absent: the skill narrows nothing. Empty: no tool but the one that loads skills. */
  readonly allowedTools?: readonly string[];
  readonly triggers: SkillTriggers;
  /** Markdown. */
  readonly body: string;
}

/** Members of `metadata` by which an author says when a skill comes in. */
const TRIGGERS = 'sallyport-triggers';
const KEYWORDS = 'sallyport-keywords';

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const listSchema = z.union([
  z.string().transform((text) => text.split(/[\s,]+/).filter((item) => item !== '')),
  z.array(z.string()),
]);

const fieldsSchema = z.strictObject({
  name: z.string().min(1).max(SKILL_LIMITS.name).regex(NAME, 'must match [a-z0-9]+(-[a-z0-9]+)*'),
  description: z.string().min(1).max(SKILL_LIMITS.description),
  license: z.string().min(1).max(512).exactOptional(),
  compatibility: z.string().min(1).max(500).exactOptional(),
  metadata: z
    .record(z.string(), z.string().max(SKILL_LIMITS.metadataValue))
    .refine(
      (metadata) => Object.keys(metadata).length <= SKILL_LIMITS.metadata,
      `must have at most ${SKILL_LIMITS.metadata} members`,
    )
    .default({}),
  'allowed-tools': listSchema
    .pipe(z.array(z.string().min(1).max(128)).max(SKILL_LIMITS.tools))
    .exactOptional(),
});

const triggersSchema = z
  .array(z.enum(['auto', 'manual', 'keyword'], 'must be of "auto", "manual" and "keyword"'))
  .max(3);

const keywordsSchema = z
  .array(
    z
      .string()
      .min(1)
      .max(SKILL_LIMITS.keyword)
      .regex(/[\p{L}\p{N}]/u, 'must have a letter'),
  )
  .max(SKILL_LIMITS.keywords);

export function parseSkill(text: string): Result<SkillDocument, readonly PointerError[]> {
  if (text.length > SKILL_LIMITS.document) {
    return err([pointerError([], `must have at most ${SKILL_LIMITS.document} characters`)]);
  }
  const read = readFrontMatter(text);
  if (!read.ok) return err([pointerError([], read.error)]);
  const { fields, body } = read.value;
  const shape = readShape(fieldsSchema, toRecord(fields));
  const errors = [...(shape.ok ? [] : shape.error), ...findBodyProblems(body)];
  if (!shape.ok) return err(errors);
  const { 'allowed-tools': allowedTools, ...facts } = shape.value;
  const triggers = readTriggers(facts.metadata);
  if (!triggers.ok) errors.push(...triggers.error);
  if (errors.length > 0 || !triggers.ok) return err(errors);
  return ok({
    ...facts,
    ...(allowedTools && { allowedTools: [...new Set(allowedTools)] }),
    triggers: triggers.value,
    body,
  });
}

function toRecord(fields: ReadonlyMap<string, FrontMatterValue>): Record<string, FrontMatterValue> {
  return Object.assign(Object.create(null), Object.fromEntries(fields));
}

function findBodyProblems(body: string): readonly PointerError[] {
  if (body === '') return [pointerError(['body'], 'must not be empty')];
  if (body.length <= SKILL_LIMITS.body) return [];
  return [pointerError(['body'], `must have at most ${SKILL_LIMITS.body} characters`)];
}

function readTriggers(
  metadata: SkillDocument['metadata'],
): Result<SkillTriggers, readonly PointerError[]> {
  const asked = readShape(triggersSchema, splitBy(/[\s,]+/, metadata[TRIGGERS] ?? 'auto keyword'));
  const keywords = readShape(
    keywordsSchema,
    splitBy(/,/, metadata[KEYWORDS] ?? '').map((word) => word.toLowerCase()),
  );
  const errors = [
    ...(asked.ok ? [] : asked.error.map(at(TRIGGERS))),
    ...(keywords.ok ? [] : keywords.error.map(at(KEYWORDS))),
  ];
  if (!asked.ok || !keywords.ok) return err(errors);
  const isKeyed = asked.value.includes('keyword');
  return ok({ auto: asked.value.includes('auto'), keywords: isKeyed ? keywords.value : [] });
}

function splitBy(separator: RegExp, text: string): readonly string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

const at =
  (member: string) =>
  ({ detail }: PointerError): PointerError =>
    pointerError(['metadata', member], detail);
