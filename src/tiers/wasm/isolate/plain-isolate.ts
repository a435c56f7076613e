/**
 * The trusted entry of the isolate of a plugin that needs no more of its host than memory, log, settings and variables.
 *
 * As `plugin-isolate.ts`, but an object in place of a class: the class would have to extend one of a
 * module of the platform, and reading that module is a tenth of what it takes to begin an isolate.
 * The platform calls functions of an object with exactly one argument.
 *
 * @module
 */

import { callPlain } from './call-plain.ts';
import kernel from './kernel.wasm';
import { plainFunctions as functions } from './plain-functions.ts';
import plugin from './plugin.wasm';
import type { PlainIsolate } from './plugin-protocol.ts';

export default {
  run: callPlain.bind(undefined, { plugin, kernel, functions }),
  dispose: async (reason) => {
    const { abortIsolate } = await import('cloudflare:workers');
    queueMicrotask(() => abortIsolate(reason));
  },
} satisfies PlainIsolate;
