/**
 * From how a run ended to the report of it: why it ended, what it cost, and what it wrote as text.
 *
 * @module
 */

import type { PluginJob, PluginReport, RunEnding, RunThrow } from './isolate/plugin-protocol.ts';
import { RunLog } from './isolate/run-log.ts';

type End = PluginReport['end'];

const PAGE_BYTES = 65_536;

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function judgeRun({ limits }: Pick<PluginJob, 'limits'>, ending: RunEnding): PluginReport {
  const { engine, error, fuelLeft, kernelFuelLeft, suspendedMs } = ending;
  const log = new RunLog(ending.logged);
  if (error !== undefined) log.write('error', new TextDecoder().decode(error));
  const ranDry = fuelLeft < 0 || kernelFuelLeft < 0;
  let end = ranDry ? 'fuel' : judge(limits, ending, log);
  const output = end === 'ok' ? decode(withoutEnd(ending.output)) : '';
  if (output === undefined) {
    end = 'plugin_error';
    log.write('error', 'What the plugin answers must be UTF-8');
  }
  const logged = log.read();
  return {
    ...{ end, output: output ?? '', suspendedMs },
    // Plugin and kernel have the same fuel at the start.
    fuel: 2 * limits.fuel - Math.max(0, fuelLeft) - Math.max(0, kernelFuelLeft),
    memoryPages: ending.memoryBytes / PAGE_BYTES,
    ...(engine !== undefined && { engine }),
    ...(logged && { logged }),
  };
}

function judge(limits: PluginJob['limits'], ending: RunEnding, log: RunLog): End {
  const { error, memoryBytes, output, returned, thrown } = ending;
  if (thrown !== undefined && !('stop' in thrown && thrown.stop === 'ok')) {
    return classify(thrown, ending.wantsMemory, log);
  }
  if (returned !== undefined) {
    if (error === undefined)
      log.write('error', `The entry must return 0, and returned ${returned}`);
    return 'plugin_error';
  }
  if (error !== undefined) return 'plugin_error';
  if (memoryBytes > limits.memoryPages * PAGE_BYTES) return 'memory';
  return output.length > limits.maxOutputBytes ? 'output_too_large' : 'ok';
}

/** Runtimes that get no memory trap, throw or exit by their own means. */
function classify(thrown: RunThrow, wantsMemory: boolean, log: RunLog): End {
  if ('stop' in thrown) {
    const mayBeMemory = thrown.stop === 'trap' || thrown.stop === 'exit';
    return mayBeMemory && wantsMemory ? 'memory' : thrown.stop;
  }
  const { name, message } = thrown;
  if (name === 'RangeError') return message.includes('call stack') ? 'stack' : 'memory';
  if (wantsMemory) return 'memory';
  if (name === 'RuntimeError') log.write('error', `trap: ${message}`);
  return 'trap';
}

/** Zeros at the end are how C ends a text, and no part of it. */
function withoutEnd(answer: Uint8Array): Uint8Array {
  let length = answer.length;
  while (length > 0 && answer[length - 1] === 0) length -= 1;
  return answer.subarray(0, length);
}

/** Output is text, so bytes that are no UTF-8 are a mistake of the plugin. */
function decode(answer: Uint8Array): string | undefined {
  try {
    return DECODER.decode(answer);
  } catch {
    return undefined;
  }
}
