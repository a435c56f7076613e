/**
 * Plugins for tests of the executor: each does one thing, and does it for real.
 *
 * @module
 */

import { pinOf } from '../../src/executor/mcp/tool-pins.ts';
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

/** What the server of {@link mcpPlugin} says of its one tool. */
export const MCP_TOOL = {
  name: 'act',
  description: 'Does what the test says',
  inputSchema: { type: 'object' as const, properties: { text: { type: 'string' } } },
};

/**
 * A server with one tool; `act` is the body of a function from `text` to the answer, which may say
 * `progress(line)` on its way.
 */
export function mcpPlugin(name: string, act: string, shown: object = MCP_TOOL): TestPlugin {
  return {
    manifest: {
      name,
      version: '1.0.0',
      kind: 'tool',
      tier: 'process',
      license: 'Apache-2.0',
      capabilities: [],
      tools: [
        {
          name,
          description: MCP_TOOL.description,
          inputSchema: {
            type: 'object',
            properties: { text: { type: 'string', maxLength: 1_000 } },
            required: ['text'],
            additionalProperties: false,
          },
          entry: 'act',
        },
      ],
      process: {
        protocol: 'mcp',
        command: ['node', '/plugin/main.mjs'],
        definitions: { act: pinOf(MCP_TOOL) },
        idleMs: 60_000,
        limits: { timeoutMs: 8_000 },
      },
    },
    files: {
      'main.mjs': `
        import { createInterface } from 'node:readline';
        const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
        const heard = [];
        const asked = [];
        const act = async (text, progress) => { ${act} };
        for await (const line of createInterface({ input: process.stdin })) {
          const { id, method, params, error } = JSON.parse(line);
          if (error !== undefined) asked.push(error.code);
          if (method === 'initialize') say({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'test', version: '1' } } });
          else if (method === 'tools/list') say({ id, result: { tools: [${JSON.stringify(shown)}] } });
          else if (method === 'tools/call') act(params.arguments.text, (message) => say({ method: 'notifications/progress', params: { progressToken: params._meta?.progressToken, progress: 1, message } })).then((text) => say({ id, result: { content: [{ type: 'text', text }] } }));
          else if (id !== undefined && method !== undefined) say({ id, error: { code: -32601, message: 'no' } });
        }`,
    },
  };
}
