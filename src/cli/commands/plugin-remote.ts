/**
 * `plugin remote`: a plugin whose tools are those of a remote MCP server.
 *
 * @module
 */

import { join, relative } from 'node:path';
import type { Tool } from '@modelcontextprotocol/client';
import type { PointerError } from '../../core/errors/pointer-errors.ts';
import { expandRemote } from '../../plugin-review/remote/expand-remote.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { listRemoteTools } from '../remote-mcp/list-remote-tools.ts';
import { remoteMaker } from '../remote-mcp/remote-maker.ts';
import { parsePluginName } from '../scaffold/plugin-name.ts';
import { writeScaffold } from '../scaffold/write-scaffold.ts';
import type { Terminal } from '../terminal.ts';

/** The bearer token for asking; on a command line it would be seen by others. */
const TOKEN_VARIABLE = 'MCP_TOKEN';

export const pluginRemote: Command = {
  name: 'plugin remote',
  summary: 'Make a plugin of a remote MCP server, with its tools as they are now',
  positionals: ['<name>', '<url>'],
  options: {
    only: { value: '<tool>', repeats: true, help: 'one of its tools; all unless stated' },
    secret: { value: '<name>', help: 'the secret that it gets as a bearer token' },
    oauth: { value: '<url>', help: 'a token endpoint, to which that secret is sent instead' },
    'sign-in': { help: 'people sign in to the server by a browser, each for himself' },
    scope: { value: '<scopes>', help: 'what to ask of the token endpoint' },
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
  const token = process.env[TOKEN_VARIABLE];
  const isClosed = invocation.has('sign-in') && token === undefined;
  const listed = isClosed ? [] : await listRemoteTools(url, token);
  const only = invocation.values('only');
  const tools = only.length === 0 ? listed : listed.filter((tool) => only.includes(tool.name));
  const manifestText = writeText(name.value.name, invocation, { url, tools });
  const made = expandRemote({ manifestText }, remoteMaker());
  if (!made.ok) throw CommandFailure.finding('Cannot make the plugin', made.error.map(toSentence));
  const folder = join(invocation.value('dir') ?? '.', name.value.name);
  writeScaffold(folder, new Map([['plugin.json', manifestText]]));
  for (const tool of tools) {
    terminal.line(tool.name, 'good');
    terminal.line(`  ${tool.description ?? ''}`);
  }
  terminal.line(`Made ${relative('.', folder) || '.'}/ with ${tools.length} tools`, 'good');
  if (isClosed)
    terminal.line(`Install it, sign in, and call ${name.value.name}-look for its tools`);
  return EXIT.ok;
}

interface Looked {
  readonly url: URL;
  readonly tools: readonly Tool[];
}

/** All that an author says; the rest follows from it. */
function writeText(name: string, invocation: Invocation, { url, tools }: Looked): string {
  const auth = readAuth(invocation);
  const manifest = {
    name,
    version: invocation.value('version') ?? '1.0.0',
    license: 'Apache-2.0',
    remote: { url: url.href, ...(auth !== undefined && { auth }), tools: tools.map(told) },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function readAuth(invocation: Invocation): object | undefined {
  const secret = invocation.value('secret');
  const tokenUrl = invocation.value('oauth');
  if (tokenUrl !== undefined && secret === undefined) {
    throw CommandFailure.usage('Cannot use --oauth: --secret must name the credentials');
  }
  const scope = invocation.value('scope');
  const asked = scope !== undefined && { scope };
  if (invocation.has('sign-in')) {
    if (secret === undefined) return { type: 'sign-in', ...asked };
    throw CommandFailure.usage('Cannot use --sign-in beside --secret: a server takes one of them');
  }
  if (secret === undefined) return undefined;
  return tokenUrl === undefined
    ? { type: 'secret', secret }
    : { type: 'oauth', tokenUrl, ...asked, secret };
}

/** All of a definition that says what the tool is. */
function told({ name, title, description, inputSchema, outputSchema, annotations }: Tool): object {
  return { name, title, description, inputSchema, outputSchema, annotations };
}

const toSentence = ({ pointer, detail }: PointerError): string => `${pointer} ${detail}`;
