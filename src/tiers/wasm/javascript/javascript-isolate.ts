/**
 * The trusted entry of the isolate of a plugin in JavaScript. All JavaScript of the isolate is
 * ours; the plugin is a text beside it, which only the engine reads.
 *
 * @module
 */

import { abortIsolate, WorkerEntrypoint } from 'cloudflare:workers';
import prelude from '../../../../build/javascript-prelude.txt';
import type { ScriptFacts } from '../../../plugin-review/script-facts.ts';
import { callPlugin, type PluginCode } from '../isolate/call-plugin.ts';
import type { IsolateDescription } from '../isolate/plugin-isolate.ts';
import type { PluginHost, PluginJob, RunEnding } from '../isolate/plugin-protocol.ts';
import { Engine } from './engine.ts';
import kernel from './kernel.wasm';
import source from './plugin.txt';
import module from './quickjs.wasm';
import { createQuietRun } from './quiet-run.ts';
import { readScript, type ScriptUpload } from './read-script.ts';
import { Script } from './script.ts';
import { toPluginCode } from './script-code.ts';

const ENGINE = new Engine({ module, prelude }, createQuietRun(kernel));

let code: PluginCode | undefined;

function pluginCode(): PluginCode {
  if (code !== undefined) return code;
  const script = Script.compile(ENGINE, source, createQuietRun(kernel));
  if (!script.ok) throw new Error('Cannot run the plugin: its source must compile');
  code = toPluginCode(script.value, kernel);
  return code;
}

export default class JavaScriptIsolate extends WorkerEntrypoint {
  /** Answers once the source has been compiled. */
  describe(): IsolateDescription {
    return { suspends: pluginCode().suspends };
  }

  run(job: PluginJob, host?: PluginHost): Promise<RunEnding> {
    return callPlugin(pluginCode(), job, host);
  }

  /** As in `plugin-isolate.ts`. */
  dispose(reason: string): void {
    queueMicrotask(() => abortIsolate(reason));
  }
}

/** For sources that are no plugins yet. It keeps nothing of them. */
export class ScriptReviewer extends WorkerEntrypoint {
  review(upload: ScriptUpload): ScriptFacts {
    return readScript(ENGINE, kernel, upload);
  }
}
