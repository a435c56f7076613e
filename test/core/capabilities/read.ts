/**
 * Reads capability text that a test knows to be well-formed, and fails loudly where it is not.
 *
 * @module
 */

import {
  type Capability,
  type CapabilityPattern,
  parseCapability,
  parsePattern,
} from '../../../src/core/capabilities/pattern.ts';

export function pattern(text: string): CapabilityPattern {
  const parsed = parsePattern(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

export function capability(text: string): Capability {
  const parsed = parseCapability(text);
  if (!parsed.ok) throw new Error(`${parsed.error.message}: ${text}`);
  return parsed.value;
}
