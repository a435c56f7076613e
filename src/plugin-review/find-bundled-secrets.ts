/**
 * Looks for credentials that somebody has left in what is uploaded. They would be stored, shown to
 * whoever may read the plugin, and lost with it.
 *
 * Finds what has a known form and lies there in the open: see `core/scan`. It is a net for
 * mistakes. An author who wants to hide a key from it can.
 *
 * @module
 */

import { isJsonObject, type JsonValue, toPointer } from '../core/primitives/json.ts';
import { findSecrets } from '../core/scan/find-secrets.ts';
import { findTexts } from './find-texts.ts';
import type { Finding, Severity } from './finding.ts';
import type { ModuleSection, TextSections } from './module-sections.ts';
import { toVisibleName } from './visible-name.ts';

/** Most that are reported, so that a hostile upload cannot make a long review. */
const MAX_FOUND = 32;

/** Says which kind of credential and where, never what it is. */
export function findSecretsInModule(sections: TextSections, severity: Severity): Finding[] {
  const found = new Map<string, Finding>();
  for (const section of [...sections.data, ...sections.custom]) {
    for (const { text, offset } of findTexts(section.content)) {
      for (const { name } of findSecrets(text)) {
        if (found.size >= MAX_FOUND) return [...found.values()];
        const at = section.offset + offset;
        const detail = `must hold no credential, but holds a ${name} in the text at byte ${at} (${nameOf(section)})`;
        const code = 'secret_in_code' as const;
        found.set(`${name}@${at}`, { severity, code, pointer: '/module', detail });
      }
    }
  }
  return [...found.values()];
}

/** In any text of the manifest, names of members included. */
export function findSecretsInManifest(manifest: JsonValue, severity: Severity): Finding[] {
  const found: Finding[] = [];
  for (const { pointer, text } of textsOf(manifest, '')) {
    const [secret] = findSecrets(text);
    if (secret === undefined || found.length >= MAX_FOUND) continue;
    const detail = `must hold no credential, but holds a ${secret.name}`;
    found.push({ severity, code: 'secret_in_manifest', pointer, detail });
  }
  return found;
}

/** The pointer of a member's name is that of what it stands in, since the name may be the secret. */
function* textsOf(
  value: JsonValue,
  pointer: string,
): Generator<{ readonly pointer: string; readonly text: string }> {
  if (typeof value === 'string') yield { pointer, text: value };
  else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const isSecret = findSecrets(name).length > 0;
      if (isSecret) yield { pointer, text: name };
      yield* textsOf(member, isSecret ? pointer : toPointer(pointer, name));
    }
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* textsOf(item, toPointer(pointer, index));
  }
}

function nameOf({ name }: ModuleSection): string {
  return name === '' ? 'data' : `section "${toVisibleName(name)}"`;
}
