/**
 * A skill as a workspace holds it, and the tool by which a model loads one.
 *
 * Models are told the names and descriptions only, in the description of the tool `load-skill`; a body
 * is read when it is wanted. Only the operator's own skills are told of so: the description of any
 * other would speak to every model of the workspace, before anybody had asked for it.
 *
 * @module
 */

import { LOAD_SKILL } from '../manifest/built-in-tools.ts';
import { ownToolPattern } from '../manifest/own-tool.ts';
import type { RegisteredPlugin } from '../manifest/registered-plugin.ts';
import { type Label, PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../policy/labels.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import type { SkillDocument } from './skill-document.ts';

/** Most skills of one workspace. */
export const MAX_SKILLS = 64;

/** Most characters of a description that a model is shown. */
const MAX_SHOWN_DESCRIPTION = 256;

/** Name of the plugin that loads skills: no manifest can have it. */
const SKILLS_PLUGIN = 'sallyport.skills';

export interface InstalledSkill extends Omit<SkillDocument, 'body'> {
  /** Of the document as it was uploaded, lower-case hex: content address and pin. */
  readonly sha256: string;
  /** Whether who installed it could have written the workspace's policy as well. */
  readonly isTrusted: boolean;
  readonly installedBy: string;
  /** Epoch milliseconds. */
  readonly installedAt: number;
}

/** With what it says, as far as a turn that uses it is concerned. */
export interface SkillText {
  readonly skill: InstalledSkill;
  readonly body: string;
}

/** Of a skill's body wherever it is shown. */
export function labelOfSkill({ isTrusted }: InstalledSkill): Label {
  return isTrusted ? PRINCIPAL_LABEL : UNTRUSTED_LABEL;
}

/** Whether a model is told of it. */
function isOffered({ isTrusted, triggers }: InstalledSkill): boolean {
  return isTrusted && triggers.auto;
}

/** The plugin behind `load-skill`; none while there is nothing to load. Pinned by all that it offers. */
export function toSkillsPlugin(
  skills: readonly InstalledSkill[],
  sha256: (text: string) => string,
): RegisteredPlugin | undefined {
  const offered = skills.filter(isOffered);
  if (offered.length === 0) return undefined;
  const names = offered.map(({ name }) => name);
  const own = ownToolPattern(LOAD_SKILL);
  return {
    name: SKILLS_PLUGIN,
    version: '1.0.0',
    codeHash: sha256(canonicalJson(Object.fromEntries(offered.map((s) => [s.name, s.sha256])))),
    tier: 'built-in',
    state: 'running',
    allow: own === undefined ? [] : [own],
    deny: [],
    tools: [
      {
        name: LOAD_SKILL,
        description: describeTool(offered),
        inputSchema: {
          type: 'object',
          properties: { name: { type: 'string', enum: names } },
          required: ['name'],
          additionalProperties: false,
        },
        annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
        requires: [],
        entry: 'load_skill',
      },
    ],
  };
}

function describeTool(offered: readonly InstalledSkill[]): string {
  const lines = offered.map(({ name, description }) => `- ${name}: ${toLine(description)}`);
  return [
    'Reads the instructions of a skill before a task that it is for. The skills are:',
    ...lines,
  ].join('\n');
}

function toLine(description: string): string {
  const line = description.replaceAll(/\s+/g, ' ');
  if (line.length <= MAX_SHOWN_DESCRIPTION) return line;
  return `${line.slice(0, MAX_SHOWN_DESCRIPTION - 1).toWellFormed()}…`;
}
