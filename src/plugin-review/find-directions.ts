/**
 * Looks for words of a manifest that try to direct a model, since a model reads what tools, prompts and
 * resources say of themselves. Finds what the scanner knows; somebody should still read them.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../core/primitives/json.ts';
import { isAtLeast, toFindingName } from '../core/scan/finding.ts';
import { scanText } from '../core/scan/scan-text.ts';
import type { Finding } from './finding.ts';

/** The findings in one definition, each once: `strong` where the scanner is sure. */
export interface Direction {
  readonly name: string;
  readonly isStrong: boolean;
}

export function directionsIn(definition: JsonValue): readonly Direction[] {
  const { findings, uninspected } = scanText(JSON.stringify(definition), { kinds: ['injection'] });
  const found = new Map<string, Direction>();
  for (const finding of findings) {
    const name = toFindingName(finding);
    const isStrong = isAtLeast(finding.confidence, 'high') || found.get(name)?.isStrong === true;
    found.set(name, { name, isStrong });
  }
  const unread = uninspected === undefined ? [] : [{ name: uninspected, isStrong: true }];
  return [...found.values(), ...unread];
}

/** Of each tool, prompt and resource. What the scanner is sure of is refused. */
export function findDirections({ tools, mcp }: JsonObject): readonly Finding[] {
  const { prompts, resources } = isJsonObject(mcp) ? mcp : {};
  return [
    ...judgeAll(tools, '/tools'),
    ...judgeAll(prompts, '/mcp/prompts'),
    ...judgeAll(resources, '/mcp/resources'),
  ];
}

function judgeAll(definitions: JsonValue | undefined, at: string): readonly Finding[] {
  if (!Array.isArray(definitions)) return [];
  return definitions.flatMap((definition, index) =>
    directionsIn(definition).map(({ name, isStrong }) => ({
      severity: isStrong ? ('refuse' as const) : ('warn' as const),
      code: 'directs_model' as const,
      pointer: `${at}/${index}`,
      detail: `must not try to direct a model (${name})`,
    })),
  );
}
