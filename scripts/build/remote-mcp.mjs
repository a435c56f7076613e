// The code of plugins that call remote MCP servers, as text for the gateway, which fills it in.

import { copyFileSync } from 'node:fs';
import { unlessFresh } from './unless-fresh.mjs';

const TEMPLATE = 'worker-plugins/templates/remote-mcp/plugin.js';
const TEXT = 'build/remote-mcp.txt';

export function buildRemoteMcp() {
  const files = { sources: [TEMPLATE], outputs: [TEXT] };
  return unlessFresh('remote-mcp', files, async () => copyFileSync(TEMPLATE, TEXT));
}
