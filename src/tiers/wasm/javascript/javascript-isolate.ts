/**
 * The trusted entry of the isolate of a plugin in JavaScript. All JavaScript of the isolate is
 * ours; the plugin is a text beside it, which only the engine reads.
 *
 * @module
 */

import { ENGINE_IMAGE } from '../../../../build/javascript-engine.js';
import type { ScriptFacts } from '../../../plugin-review/script-facts.ts';
import { callPlugin, type PluginCode } from '../isolate/call-plugin.ts';
import { createIsolate } from '../isolate/plugin-isolate.ts';
import { Engine } from './engine.ts';
import kernel from './kernel.wasm';
import { MemoryImage } from './memory-image.ts';
import source from './plugin.txt';
import image from './quickjs.image';
import module from './quickjs.wasm';
import { createQuietRun } from './quiet-run.ts';
import { readScript, type ScriptUpload } from './read-script.ts';
import { Script } from './script.ts';
import { toPluginCode } from './script-code.ts';

const ENGINE = new Engine({
  module,
  prelude: ENGINE_IMAGE.prelude,
  image: new MemoryImage(ENGINE_IMAGE.start, new Uint8Array(image)),
});

let code: PluginCode | undefined;

function pluginCode(): PluginCode {
  if (code !== undefined) return code;
  const script = Script.compile(ENGINE, source, createQuietRun(kernel));
  if (!script.ok) throw new Error('Cannot run the plugin: its source must compile');
  code = toPluginCode(script.value, kernel);
  return code;
}

export default createIsolate(
  (job) => callPlugin(pluginCode(), job),
  () => void pluginCode(),
);

/** For sources that are no plugins yet. It keeps nothing of them. */
export const scriptReviewer = {
  review: (upload: ScriptUpload): ScriptFacts => readScript(ENGINE, kernel, upload),
};
