/**
 * What makes a plugin of a manifest that names a remote MCP server, on this machine.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RemoteMaker } from '../../plugin-review/remote/expand-remote.ts';
import { PROJECT_ROOT } from '../project-root.ts';

const TEMPLATE = join(PROJECT_ROOT, 'worker-plugins/templates/remote-mcp/plugin.js');

export function remoteMaker(): RemoteMaker {
  return { template: readFileSync(TEMPLATE, 'utf8'), readUrl: (text) => URL.parse(text) };
}
