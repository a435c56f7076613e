/**
 * Which family of the catalogue an entry of `requires` asks for, with or without arguments.
 *
 * @module
 */

import { type FamilyName, familyOf } from '../capabilities/catalogue.ts';
import { parseCapability } from '../capabilities/pattern.ts';
import { readTemplate } from '../checks/canonical/requirement-template.ts';

/** Nothing for what is malformed or not in the catalogue. */
export function familyOfRequirement(text: string): FamilyName | undefined {
  if (text.includes('{')) return readTemplate(text)?.family;
  const capability = parseCapability(text);
  return capability.ok ? familyOf(capability.value)?.name : undefined;
}
