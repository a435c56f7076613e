/**
 * Plugins for tests of the executor: each does one thing, and does it for real.
 *
 * @module
 */

import type { TestPlugin } from './executor.ts';

const TEXT = { type: 'string', maxLength: 100_000 };

interface PluginOptions {
  readonly program: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly capabilities?: readonly string[];
  readonly requires?: readonly string[];
  readonly section?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, boolean>>;
}

/** One tool of the plugin's name, by a program that is called with a JSON object. */
export function jsonPlugin(name: string, options: PluginOptions): TestPlugin {
  const {
    program,
    properties = {},
    capabilities = [],
    requires = [],
    section,
    annotations,
  } = options;
  return {
    manifest: {
      name,
      version: '1.0.0',
      kind: 'tool',
      tier: 'process',
      license: 'Apache-2.0',
      capabilities,
      tools: [
        {
          name,
          description: `The tool ${name} of a test`,
          inputSchema: {
            type: 'object',
            properties,
            required: Object.keys(properties),
            additionalProperties: false,
          },
          ...(requires.length > 0 && { requires }),
          ...(annotations && { annotations }),
        },
      ],
      process: { command: ['node', '/plugin/main.mjs'], protocol: 'json', ...section },
    },
    files: { 'main.mjs': `${READ_INPUT}${program}\n` },
  };
}

const READ_INPUT = `
let text = '';
for await (const chunk of process.stdin) text += chunk;
const input = JSON.parse(text);
`;

/** Answers with what it was given. */
export const ECHO = jsonPlugin('echo', {
  properties: { text: TEXT },
  program: 'process.stdout.write(input.arguments.text);',
});
