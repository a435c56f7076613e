/**
 * The whole isolate of a plugin that asks its host for nothing but memory, as most do, in one module:
 * each module more takes an isolate about a fiftieth longer to begin.
 *
 * @module
 */

import { assemblyScriptFunctions } from './assemblyscript-host.ts';
import { memoryFunctions } from './extism-memory.ts';
import kernel from './kernel.wasm';
import plugin from './plugin.wasm';
import { createModuleIsolate } from './plugin-isolate.ts';

export default createModuleIsolate({
  ...{ plugin, kernel, abi: 'extism-1', suspends: false },
  provided: [
    ['extism:host/env', memoryFunctions],
    ['env', assemblyScriptFunctions],
  ],
});
