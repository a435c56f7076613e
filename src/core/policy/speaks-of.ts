/**
 * Of which families a requirement may be, before the arguments are known that fill it.
 *
 * @module
 */

import type { FamilyName } from '../capabilities/catalogue.ts';

/**
 * Whether a template such as `tool:file:read:{path}` may become a capability of one of these. One whose
 * family is itself a placeholder may be of any family.
 */
export function speaksOf(template: string, families: readonly FamilyName[]): boolean {
  const placeholder = template.search(/[{*]/);
  const fixed = placeholder === -1 ? template : template.slice(0, placeholder);
  return families.some((family) => isWithin(fixed, family) || family.startsWith(fixed));
}

function isWithin(text: string, family: string): boolean {
  return text === family || text.startsWith(`${family}:`);
}
