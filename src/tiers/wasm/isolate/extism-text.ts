/**
 * The functions of the Extism 1.x ABI that read or write texts for the plugin: its log, its settings
 * and its variables.
 *
 * Handles of names and values stay the plugin's, who may use them again; only the text of a log line
 * is given back here.
 *
 * @module
 */

import { type Guest, HOST_CALL_FUEL } from './guest.ts';
import type { HostRun } from './host-run.ts';
import { LOG_LEVELS, type LogLevel, MAX_TEXT_BYTES } from './run-log.ts';
import { RunVariables } from './run-variables.ts';

/** The quietest level that is kept; what `get_log_level` answers is its place in the order. */
const KEPT_FROM = LOG_LEVELS.indexOf('info');

/** Longest name of a variable or setting, in bytes; what is longer is cut. */
const MAX_NAME_BYTES = 1_024;

export function textFunctions(run: HostRun): WebAssembly.ModuleImports {
  const variables = new RunVariables();
  return {
    get_log_level: () => {
      run.guest.charge(HOST_CALL_FUEL);
      return KEPT_FROM;
    },
    log_trace: (text: bigint) => writeLog(run, 'trace', text),
    log_debug: (text: bigint) => writeLog(run, 'debug', text),
    log_info: (text: bigint) => writeLog(run, 'info', text),
    log_warn: (text: bigint) => writeLog(run, 'warn', text),
    log_error: (text: bigint) => writeLog(run, 'error', text),
    config_get: (name: bigint) => getSetting(run, name),
    var_get: (name: bigint) => getVariable(run.guest, variables, name),
    var_set: (name: bigint, value: bigint) => setVariable(run.guest, variables, { name, value }),
  };
}

function writeLog(run: HostRun, level: LogLevel, text: bigint): void {
  run.guest.charge(HOST_CALL_FUEL);
  if (LOG_LEVELS.indexOf(level) >= KEPT_FROM) logBlock(run, level, text);
  run.guest.kernel.free(text);
}

function logBlock({ guest, log }: HostRun, level: LogLevel, handle: bigint): void {
  if (log.isFull) {
    log.drop();
    return;
  }
  const text = readText(guest, handle);
  guest.charge(text.length >>> 3);
  log.write(level, text);
}

/** As much of a block's text as any log could hold. */
function readText(guest: Guest, handle: bigint): string {
  return new TextDecoder().decode(guest.readBlock(handle).subarray(0, MAX_TEXT_BYTES));
}

function getSetting({ guest, job }: HostRun, name: bigint): bigint {
  guest.charge(HOST_CALL_FUEL);
  const key = readName(guest.readBlock(name));
  const { config } = job;
  if (config === undefined || !Object.hasOwn(config, key)) return 0n;
  const value = new TextEncoder().encode(config[key]);
  guest.charge(value.length >>> 3);
  return guest.writeBlock(value);
}

function getVariable(guest: Guest, variables: RunVariables, name: bigint): bigint {
  guest.charge(HOST_CALL_FUEL);
  const value = variables.get(readName(guest.readBlock(name))) ?? new Uint8Array(0);
  guest.charge(value.length >>> 3);
  return guest.writeBlock(value);
}

interface Assignment {
  readonly name: bigint;
  readonly value: bigint;
}

function setVariable(guest: Guest, variables: RunVariables, { name, value }: Assignment): void {
  guest.charge(HOST_CALL_FUEL);
  const bytes = value === 0n ? undefined : guest.readBlock(value).slice();
  guest.charge((bytes?.length ?? 0) >>> 3);
  variables.set(readName(guest.readBlock(name)), bytes);
}

function readName(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, MAX_NAME_BYTES));
}
