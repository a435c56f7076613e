// Builds what the Wasm tier runs, into `build/` (not kept in git):
//
//   kernel.wasm            the memory kernel of plugins, metered
//   isolate-modules.js     the trusted code of plugins' own isolates, as texts to choose from
//   remote-mcp.txt         the code of plugins that call remote MCP servers, to be filled in
//   assets/quickjs.*       the engine of plugins in JavaScript, metered, and its memory with our code
//                          inside: uploaded beside the Worker
//   javascript-engine.js   the name of both together
//   plugins/<name>/        plugin.json and plugin.wasm of every example, as anybody would upload them
//   bundled/<name>.wasm    the same, hardened, for deployments without a Worker loader
//   bundled-modules.js     imports those, by the hash of the upload
//   executor-plugins/<n>/  the examples of the executor, as folders that can be handed to one
//   client.js              the client of the gateway, for `sallyport/client`
//   attenuate.js           what narrows tokens, for `sallyport/attenuate`
//   types/                 the types of both
//   fixtures/              hostile modules and the examples, for the tests
//
// A part whose sources did not change is left alone. Needs nothing but npm packages.

import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildClient } from './build/client.mjs';
import { buildExecutorPlugins } from './build/executor-plugins.mjs';
import { buildExampleFixtures, buildFixtures } from './build/fixtures.mjs';
import { buildIsolates, buildKernel } from './build/isolate.mjs';
import { buildPlugins } from './build/plugins.mjs';
import { buildQuickJs } from './build/quickjs.mjs';
import { buildRemoteMcp } from './build/remote-mcp.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
if (process.argv.includes('--clean')) rmSync('build', { recursive: true, force: true });

try {
  await Promise.all([
    buildKernel().then(buildQuickJs).then(buildIsolates),
    ...[buildPlugins().then(buildExampleFixtures), buildFixtures(), buildClient()],
    ...[buildExecutorPlugins(), buildRemoteMcp()],
  ]);
} catch (error) {
  console.error(`\n  sallyport: ${error.message}\n`);
  process.exitCode = 1;
}
