/**
 * What passes between the lane and the code that runs a plugin, in whichever isolate that is.
 *
 * Plain data and one object of methods, so that all of it travels over RPC.
 *
 * @module
 */

import type { StorageAnswer, StorageRequest } from '../../../blocks/storage/storage-api.ts';
import type { CheckReason } from '../../../core/errors/reasons.ts';
import type { PluginSettings } from '../../../core/manifest/plugin-settings.ts';
import type { WasmLimits } from '../../../core/manifest/wasm-limits.ts';
import type { LoggedLines } from './run-log.ts';

/** Why a run ended without an answer. */
export type PluginFailure = CheckReason<'dispatch'>;

export interface PluginJob {
  /** Names of plugin and tool, as a command finds them in its arguments. */
  readonly plugin: string;
  readonly tool: string;
  /** Export that runs the tool. Absent to try the plugin out: then only its self-test runs, if any. */
  readonly entry?: string;
  /** What the plugin reads: the canonical arguments as JSON text. */
  readonly input: string;
  readonly limits: WasmLimits;
  /** What `config_get` answers; absent where nothing is set. */
  readonly config?: PluginSettings;
}

/** A job as it reaches the code that runs it. */
export interface IsolateJob extends Omit<PluginJob, 'input'> {
  /** UTF-8: an isolate that has just begun would have to make an encoder first. */
  readonly input: Uint8Array;
  /** There for code that waits for its lane. */
  readonly host?: PluginHost;
}

export interface PluginReport {
  readonly end: 'ok' | PluginFailure;
  /** What the plugin wrote; empty unless `end` is `ok`. */
  readonly output: string;
  /** Units used by the plugin, its memory kernel and its host calls. */
  readonly fuel: number;
  /** Pages of 64 KiB that the plugin's memory had in the end, which is the most it ever had. */
  readonly memoryPages: number;
  /** Milliseconds spent waiting for host calls; fuel does not run meanwhile. */
  readonly suspendedMs: number;
  /** The engine that ran its source, by name and hash; absent for modules. */
  readonly engine?: string;
  /** For the plugin's author, absent if it said nothing. A stranger's text, as it was written. */
  readonly logged?: LoggedLines;
}

/** What an isolate says of a run: facts, of which `judge-run.ts` makes a report. */
export interface RunEnding extends Pick<PluginReport, 'suspendedMs' | 'engine' | 'logged'> {
  /** Why the run did not come back by itself, if it did not. */
  readonly thrown: RunThrow | undefined;
  /** What its entry returned, unless that was 0 or nothing. */
  readonly returned: string | undefined;
  /** What the plugin wrote, whether it is text or not; one byte too many if it is too long. */
  readonly output: Uint8Array;
  /** What the plugin set as its error, in UTF-8, if it set one. */
  readonly error: Uint8Array | undefined;
  /** Below zero if it ran dry; so is the kernel's. */
  readonly fuelLeft: number;
  readonly kernelFuelLeft: number;
  readonly memoryBytes: number;
  /** Whether the last that was asked of a memory was more than there can be: allocators trap next. */
  readonly wantsMemory: boolean;
}

/** By a host function, or by the engine. */
export type RunThrow =
  | { readonly stop: 'ok' | PluginFailure }
  | { readonly name: string; readonly message: string };

/** What a plugin may ask of its lane. Each call is authorised by itself. */
export interface PluginHost {
  http(request: PluginRequest): Promise<PluginAnswer>;
  storage(request: StorageRequest): Promise<StorageReply>;
}

export type StorageReply =
  | Exclude<StorageAnswer, { readonly kind: 'erased' }>
  /** Refused, or the call is over: the plugin does not run on. */
  | { readonly kind: 'ended'; readonly reason: PluginFailure };

/** An HTTP request as the plugin wrote it: nothing about it is known to be true. */
export interface PluginRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Longest that the answer is waited for, in milliseconds; as long as the call may run, if absent. */
  readonly timeoutMs?: number;
  /** The first answer is the answer: no redirect is followed, and no token of a sign-in renewed for it. */
  readonly redirect?: 'manual';
}

export type PluginAnswer =
  | {
      readonly kind: 'response';
      readonly status: number;
      /** Lower-case names; a header that came several times is joined by `, `. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      /** The URL that answered, after redirects. */
      readonly url: string;
    }
  /** Nothing came back, for a reason that the plugin may know. */
  | { readonly kind: 'unanswered'; readonly reason: UnansweredReason }
  /** Refused, or the call is over: the plugin does not run on. */
  | { readonly kind: 'ended'; readonly reason: PluginFailure };

export type UnansweredReason =
  | 'unreachable'
  | 'response_too_large'
  | 'request_too_large'
  | 'too_many_redirects'
  | 'bad_redirect'
  | 'method_not_allowed'
  | 'header_not_allowed'
  | 'body_not_allowed';
