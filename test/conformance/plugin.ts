/**
 * The plugin whose tools, prompts and resources give what the scenarios ask for.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const CLIENT_INPUT = { type: 'object', properties: {} };

const text = { type: 'string', maxLength: 1_000 };

const toTool = (name: string, changes: object = {}) => ({
  name,
  title: name.replaceAll('_', ' '),
  description: `What the scenarios expect of ${name}.`,
  inputSchema: { type: 'object', properties: {} },
  result: 'content',
  ...changes,
});

const toAsking = (name: string) =>
  toTool(name, {
    asksClient: true,
    inputSchema: { type: 'object', properties: { clientInput: CLIENT_INPUT } },
  });

const taking = (...names: readonly string[]) => ({
  inputSchema: {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, text])),
    required: names,
  },
});

const ASKING = [
  'test_input_required_result_elicitation',
  'test_input_required_result_sampling',
  'test_input_required_result_list_roots',
  'test_input_required_result_request_state',
  'test_input_required_result_multiple_inputs',
  'test_input_required_result_multi_round',
  'test_input_required_result_tampered_state',
  'test_input_required_result_capabilities',
  'test_streaming_elicitation',
  'test_missing_capability',
  'test_input_required_result_prompt',
];

const PLAIN = [
  'test_simple_text',
  'test_image_content',
  'test_audio_content',
  'test_embedded_resource',
  'test_multiple_content_types',
  'test_error_handling',
  'test_tool_with_progress',
  'test_logging_tool',
  'test_tool_with_logging',
  'test_simple_prompt',
  'test_prompt_with_image',
  'static_text',
  'static_binary',
];

const toPrompt = (name: string, ...names: readonly string[]) => ({
  name,
  tool: name,
  description: `What the scenarios expect of ${name}.`,
  arguments: names.map((one) => ({ name: one, description: 'For the test.', required: true })),
});

const toResource = (name: string, uri: string, mimeType: string) => ({
  ...{ name, uri, mimeType },
  tool: name,
  description: `What the scenarios expect of ${uri}.`,
});

/** `port`: where the slow server listens. */
export const manifestOf = (port: number) => ({
  name: 'conformance',
  version: '1.0.0',
  kind: 'tool',
  tier: 'wasm',
  license: 'Apache-2.0',
  capabilities: [`tool:network:http:127.0.0.1:${port}`],
  wasm: { language: 'javascript' },
  tools: [
    ...PLAIN.map((name) => toTool(name)),
    ...ASKING.map(toAsking),
    toTool('test_prompt_with_arguments', taking('arg1', 'arg2')),
    toTool('test_prompt_with_embedded_resource', taking('resourceUri')),
    toTool('template_data', taking('id')),
  ],
  mcp: {
    prompts: [
      toPrompt('test_simple_prompt'),
      toPrompt('test_prompt_with_image'),
      toPrompt('test_prompt_with_arguments', 'arg1', 'arg2'),
      toPrompt('test_prompt_with_embedded_resource', 'resourceUri'),
      toPrompt('test_input_required_result_prompt'),
    ],
    resources: [
      toResource('static_text', 'test://static-text', 'text/plain'),
      toResource('static_binary', 'test://static-binary', 'image/png'),
      toResource('template_data', 'test://template/{id}/data', 'application/json'),
    ],
  },
});

/** The scenarios give no arguments, so the source itself names the port. */
export function sourceOf(port: number): string {
  const source = readFileSync(join(import.meta.dirname, 'plugin/plugin.js'), 'utf8');
  return source.replace('SLOW_PORT', String(port));
}
