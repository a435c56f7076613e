/**
 * The code of a plugin that calls a remote MCP server.
 *
 * @module
 */

import type { RemoteSection } from '../../core/manifest/remote-section.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import type { JsonValue } from '../../core/primitives/json.ts';

/** By which export a tool is run; `look` lists what the server offers. */
export const entryOf = (index: number): string => `tool_${index}`;
export const LOOK_ENTRY = 'look';

/** Whatever the section says stands there as data alone. */
export function writeCode({ url, auth, tools }: RemoteSection, template: string): string {
  const places: Record<string, JsonValue> = {
    server: url,
    auth: auth === undefined ? null : { ...auth },
    pinned: Object.fromEntries(tools.map((tool) => [tool.name, { ...tool }])),
  };
  const filled = template.replaceAll(/__(server|auth|pinned)__/g, (_, place: string) =>
    canonicalJson(places[place] ?? null),
  );
  const exported = tools.map(
    ({ name }, index) =>
      `export const ${entryOf(index)} = (args) => call(${JSON.stringify(name)}, args);`,
  );
  return `${filled}${exported.join('\n')}\n`;
}
