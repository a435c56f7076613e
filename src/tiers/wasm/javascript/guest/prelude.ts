/**
 * Runs in QuickJS before any plugin: makes the globals and modules that plugins find.
 *
 * Built into one script that answers {@link install}. What it leaves behind is part of the image
 * that every call begins with.
 *
 * @module
 */

import { Chance } from './chance.ts';
import { installConsole } from './console.ts';
import type { Host } from './host.ts';
import { describe, invoke } from './invoke.ts';
import { createModules } from './modules.ts';
import { closeEval } from './no-eval.ts';
import { installTextCoding } from './text-coding.ts';

export function install(host: Host) {
  const chance = new Chance(host);
  chance.install();
  installConsole(host);
  installTextCoding(host);
  closeEval();
  return {
    modules: createModules(host),
    describe,
    invoke(...call: Parameters<typeof invoke>): Promise<string> {
      chance.begin();
      return invoke(...call);
    },
  };
}
