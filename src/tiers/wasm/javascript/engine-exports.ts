/**
 * What we use of QuickJS as `quickjs-wasi` exports it, after hardening.
 *
 * A value of the language is the address of eight bytes in the engine's memory. Address 0 means
 * that there was no memory left, or an exception, as the function says.
 *
 * @module
 */

import type { FUEL_EXPORT } from '../../../wasm-hardening/reserved-exports.ts';

export type Address = number;

export interface EngineExports {
  readonly memory: WebAssembly.Memory;
  readonly [FUEL_EXPORT]: WebAssembly.Global;
  readonly __stack_pointer: WebAssembly.Global;
  _initialize(): void;
  wasm_malloc(byteCount: number): Address;
  wasm_free(address: Address): void;
  /** Makes runtime and context; 0 when all is well. */
  qjs_init2(intrinsics: number): number;
  qjs_set_module_loader(isOn: number): void;
  qjs_set_memory_limit(bytes: number): void;
  qjs_set_max_stack_size(bytes: number): void;
  qjs_set_gc_threshold(bytes: number): void;
  qjs_run_gc(): void;
  /** Source and file name end in a zero byte, which the length leaves out. */
  qjs_eval(source: Address, length: number, fileName: Address, flags: number): Address;
  /** `argv` points to `argc` addresses. */
  qjs_call(fn: Address, receiver: Address, argc: number, argv: Address): Address;
  qjs_get_global(): Address;
  qjs_get_undefined(): Address;
  qjs_new_object(): Address;
  qjs_new_string(text: Address, length: number): Address;
  qjs_new_uint8_array(bytes: Address, length: number): Address;
  qjs_new_error(): Address;
  qjs_new_host_function(name: Address, length: number, argumentCount: number): Address;
  qjs_get_prop_string(object: Address, name: Address): Address;
  qjs_set_prop_string(object: Address, name: Address, value: Address): number;
  /** Takes the exception off; `qjs_throw` puts one on. */
  qjs_get_exception(): Address;
  qjs_throw(error: Address): Address;
  qjs_is_exception(value: Address): number;
  qjs_is_string(value: Address): number;
  qjs_is_object(value: Address): number;
  /** Writes the length behind the second address; text must be given back. */
  qjs_get_string_len(value: Address, length: Address): Address;
  qjs_free_cstring(text: Address): void;
  /** Writes offset, length and bytes of an element behind the three addresses. */
  qjs_get_typed_array_buffer(
    value: Address,
    offset: Address,
    length: Address,
    elementSize: Address,
  ): Address;
  qjs_get_array_buffer(value: Address, length: Address): Address;
  /** 0 pending, 1 fulfilled, 2 rejected. */
  qjs_promise_state(promise: Address): number;
  qjs_promise_result(promise: Address): Address;
  qjs_is_job_pending(): number;
  /** Runs one; below 0 when it threw. */
  qjs_execute_pending_job(): number;
  qjs_free_value(value: Address): void;
}

/** Bits of `qjs_init2`: everything but `performance`, whose clock would not stand still. */
export const INTRINSICS = 0xffffffff & ~(1 << 10);

/** Flags of `qjs_eval`. */
export const EVAL = { script: 0, module: 1, compileOnly: 1 << 5 } as const;

export const PROMISE = { pending: 0, fulfilled: 1, rejected: 2 } as const;
