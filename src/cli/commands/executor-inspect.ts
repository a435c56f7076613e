/**
 * `executor inspect`: what a plugin's manifest has to name of its folder and of its server.
 *
 * @module
 */

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { hashFiles } from '../../executor/files-hash.ts';
import type { HostPath } from '../../executor/host-path.ts';
import { inspectServer } from '../../executor/mcp/inspect-server.ts';
import { readDraftPlugin } from '../../executor/plugin-catalogue.ts';
import { resolveHostPath } from '../../executor/resolve-host-path.ts';
import type { Command } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT } from '../exit-code.ts';

export const executorInspect: Command = {
  name: 'executor inspect',
  summary: 'Print what a manifest must name: the hash of its files, and of its server’s tools',
  positionals: ['<folder>'],
  options: {
    tools: { help: 'starts the MCP server in a sandbox, without grants, and asks it' },
    read: {
      value: '<folder>',
      help: 'a folder that the server may read, if it will not start without',
    },
  },
  details: [
    'The hash of the files goes into "filesSha256"; with --tools, each tool’s into "definitions".',
  ],
  run: async (invocation, terminal) => {
    const [folder = ''] = invocation.positionals;
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw CommandFailure.usage(`Cannot inspect "${folder}": there is no such folder`);
    }
    const files = hashFiles(folder);
    if (!files.ok) throw CommandFailure.finding(files.error);
    if (!invocation.has('tools')) {
      terminal.json({ filesSha256: files.value.sha256 });
      return EXIT.ok;
    }
    const plugin = readDraftPlugin(folder, files.value.sha256);
    if (!plugin.ok) throw CommandFailure.finding(`Cannot inspect the plugin: ${plugin.error}`);
    const inspected = await inspectServer(plugin.value, toReads(invocation.value('read')));
    if (!inspected.ok) {
      const { message, log } = inspected.error;
      throw CommandFailure.finding(message, log === '' ? [] : log.split('\n'));
    }
    terminal.json({ filesSha256: files.value.sha256, ...inspected.value });
    return EXIT.ok;
  },
};

function toReads(folder: string | undefined): readonly HostPath[] {
  if (folder === undefined) return [];
  const path = resolveHostPath(resolve(folder));
  if (!path.ok) throw CommandFailure.usage(`Cannot read "${folder}": there is no such folder`);
  return [path.value];
}
