/**
 * A script as code that the tier can call like any other plugin's.
 *
 * @module
 */

import { JAVASCRIPT_ENGINE } from '../../../../build/javascript-engine.js';
import type { PluginCode } from '../isolate/call-plugin.ts';
import { GuestStop } from '../isolate/guest-stop.ts';
import type { Script } from './script.ts';

export function toPluginCode(script: Script, kernel: WebAssembly.Module): PluginCode {
  return {
    kernel,
    engine: JAVASCRIPT_ENGINE,
    abi: 'extism-1',
    async execute(run) {
      const text = await script.call(run);
      // A self-test has nothing to say when all is well.
      if (run.job.entry === undefined) return text === '' || text === '0' ? 0 : 1;
      const output = new TextEncoder().encode(text);
      if (output.length > run.job.limits.maxOutputBytes) throw new GuestStop('output_too_large');
      const { kernel } = run.guest;
      kernel.output_set(run.guest.writeBlock(output), BigInt(output.length));
      return 0;
    },
  };
}
