/**
 * `plugin remote`: a plugin whose tools are those of a remote MCP server.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { PROJECT_ROOT } from '../project-root.ts';
import { listRemoteTools } from '../remote-mcp/list-remote-tools.ts';
import { type RemotePlugin, toRemotePlugin } from '../remote-mcp/to-remote-plugin.ts';
import { parsePluginName } from '../scaffold/plugin-name.ts';
import type { ScaffoldFiles } from '../scaffold/templates.ts';
import { writeScaffold } from '../scaffold/write-scaffold.ts';
import type { Terminal } from '../terminal.ts';

const TEMPLATE = join(PROJECT_ROOT, 'worker-plugins/templates/remote-mcp/plugin.js');

/** The bearer token for asking; on a command line it would be seen by others. */
const TOKEN_VARIABLE = 'MCP_TOKEN';

export const pluginRemote: Command = {
  name: 'plugin remote',
  summary: 'Make a plugin of a remote MCP server, with its tools as they are now',
  positionals: ['<name>', '<url>'],
  options: {
    only: { value: '<tool>', repeats: true, help: 'one of its tools; all unless stated' },
    secret: { value: '<name>', help: 'the secret that it gets as a bearer token' },
    version: { value: '<version>', help: 'of the plugin; 1.0.0 unless stated' },
    dir: { value: '<folder>', help: 'where the folder is made; the present one unless stated' },
  },
  details: [
    'Shows what the tools say of themselves: read it, since a model will. A tool that says anything',
    'else later is not called until a newer version of the plugin was made and accepted.',
    `While it asks, ${TOKEN_VARIABLE} is the bearer token that it sends. See docs/mcp.md.`,
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const [given = '', address = ''] = invocation.positionals;
  const name = parsePluginName(given);
  if (!name.ok) throw CommandFailure.usage(name.error);
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw CommandFailure.usage(`Cannot use "${address}": it must be the http(s) URL of a server`);
  }
  const listed = await listRemoteTools(url, process.env[TOKEN_VARIABLE]);
  const only = invocation.values('only');
  const tools = only.length === 0 ? listed : listed.filter((tool) => only.includes(tool.name));
  const secret = invocation.value('secret');
  const made = toRemotePlugin(
    {
      ...{ name: name.value.name, version: invocation.value('version') ?? '1.0.0', url, tools },
      ...(secret !== undefined && { secret }),
    },
    readFileSync(TEMPLATE, 'utf8'),
  );
  if (!made.ok) throw CommandFailure.finding('Cannot make the plugin', made.error);
  const folder = join(invocation.value('dir') ?? '.', name.value.name);
  writeScaffold(folder, filesOf(made.value));
  for (const tool of tools) {
    terminal.line(tool.name, 'good');
    terminal.line(`  ${tool.description ?? ''}`);
  }
  terminal.line(`Made ${relative('.', folder) || '.'}/ with ${tools.length} tools`, 'good');
  return EXIT.ok;
}

function filesOf({ manifest, source }: RemotePlugin): ScaffoldFiles {
  return new Map([
    ['plugin.json', `${JSON.stringify(manifest, null, 2)}\n`],
    ['plugin.js', source],
  ]);
}
