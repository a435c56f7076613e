/**
 * One instance of QuickJS and the values in it.
 *
 * Addresses come from an engine that runs a stranger's code, so each is checked against the memory
 * as it is. What the host makes here is given back where a plugin could otherwise make it pile up;
 * the rest ends with the instance, which serves one call.
 *
 * @module
 */

import { FUEL_EXPORT } from '../../../wasm-hardening/reserved-exports.ts';
import { attach, type Guest } from '../isolate/guest.ts';
import { GuestStop } from '../isolate/guest-stop.ts';
import { type Address, type EngineExports, PROMISE } from './engine-exports.ts';

/** What passes between plugin and host. */
export type GuestValue = string | Uint8Array | undefined;

/** An error inside the engine, as text. */
export interface GuestError {
  readonly message: string;
  readonly stack: string;
}

export interface Settled {
  readonly isFulfilled: boolean;
  readonly value: Address;
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** Most values that one call hands over, either way. */
const MAX_ARGUMENTS = 4;

/** Room for {@link MAX_ARGUMENTS} addresses or lengths. */
const SCRATCH_BYTES = 4 * MAX_ARGUMENTS;

export class QuickJs {
  readonly guest: Guest;
  readonly exports: EngineExports;

  constructor(guest: Guest, instance: WebAssembly.Instance) {
    this.guest = guest;
    this.exports = attach(guest, instance) as unknown as EngineExports;
  }

  /** Units that this instance has used. */
  get fuelUsed(): number {
    return this.guest.fuelLimit - Number(this.exports[FUEL_EXPORT].value);
  }

  /** Runs source text. Answers what it evaluates to, or an exception. */
  evaluate(source: string, fileName: string, flags: number): Address {
    const text = this.give(source);
    const name = this.give(fileName);
    const { qjs_eval: run } = this.exports;
    const value = notNull(run(text.address, text.length, name.address, flags));
    this.exports.wasm_free(text.address);
    this.exports.wasm_free(name.address);
    return value;
  }

  /** The addresses of an argument list, for `qjs_call`. */
  writeArguments(values: readonly Address[]): Address {
    const argv = this.#allocate(SCRATCH_BYTES);
    const view = this.guest.view(argv, SCRATCH_BYTES);
    for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true);
    return argv;
  }

  readArguments(argc: number, argv: Address): readonly GuestValue[] {
    const count = Math.min(argc >>> 0, MAX_ARGUMENTS);
    const addresses = this.guest.view(argv, count * 4);
    const addressAt = (_: unknown, index: number) => addresses.getUint32(index * 4, true);
    return Array.from({ length: count }, addressAt).map((value) => this.read(value));
  }

  /** The outcome of a promise; nothing while it has none, or if it is no promise. */
  settled(promise: Address): Settled | undefined {
    const state = this.exports.qjs_promise_state(promise);
    if (state !== PROMISE.fulfilled && state !== PROMISE.rejected) return undefined;
    const value = notNull(this.exports.qjs_promise_result(promise));
    return { isFulfilled: state === PROMISE.fulfilled, value };
  }

  isException(value: Address): boolean {
    return this.exports.qjs_is_exception(value) !== 0;
  }

  /** Takes the pending exception off. */
  takeError(): GuestError {
    return this.describe(notNull(this.exports.qjs_get_exception()));
  }

  /** May run code of whoever made the error. */
  describe(error: Address): GuestError {
    if (this.exports.qjs_is_object(error) === 0) return { message: '', stack: '' };
    const textOf = (name: string) => {
      const value = this.property(error, name);
      const text = this.isException(value) ? undefined : this.read(value);
      return typeof text === 'string' ? text : '';
    };
    return { message: textOf('message'), stack: textOf('stack') };
  }

  /** Throws inside the engine. */
  throwError(message: string): void {
    const error = notNull(this.exports.qjs_new_error());
    const text = this.newValue(message);
    this.setProperty(error, 'message', text);
    const { qjs_throw: throwValue, qjs_free_value: free } = this.exports;
    for (const value of [throwValue(error), error, text]) free(notNull(value));
  }

  property(object: Address, name: string): Address {
    const key = this.give(name);
    const value = notNull(this.exports.qjs_get_prop_string(object, key.address));
    this.exports.wasm_free(key.address);
    return value;
  }

  setProperty(object: Address, name: string, value: Address): void {
    const key = this.give(name);
    this.exports.qjs_set_prop_string(object, key.address, value);
    this.exports.wasm_free(key.address);
  }

  newHostFunction(name: string): Address {
    const { address, length } = this.give(name);
    return notNull(this.exports.qjs_new_host_function(address, length, 0));
  }

  newValue(value: GuestValue): Address {
    if (value === undefined) return notNull(this.exports.qjs_get_undefined());
    if (typeof value !== 'string') return this.#newBytes(value);
    const text = this.give(value);
    const made = this.exports.qjs_new_string(text.address, text.length);
    this.exports.wasm_free(text.address);
    return notNull(made);
  }

  /** A copy of text or bytes; of all else `undefined`. Runs no code of the plugin. */
  read(value: Address): GuestValue {
    if (this.exports.qjs_is_string(value) !== 0) return this.#readText(value);
    return this.exports.qjs_is_object(value) !== 0 ? this.#readBytes(value) : undefined;
  }

  /** Text in the engine's memory, up to a zero byte unless its length is known. */
  textAt(address: Address, length?: number): string {
    if (length !== undefined) return DECODER.decode(this.guest.bytes(address, length));
    const start = address >>> 0;
    const end = new Uint8Array(this.exports.memory.buffer).indexOf(0, start);
    return DECODER.decode(this.guest.bytes(start, Math.max(0, end - start)));
  }

  /** Text in the engine's memory, ended by a zero byte that the length leaves out. */
  give(text: string): { readonly address: Address; readonly length: number } {
    const bytes = ENCODER.encode(`${text}\0`);
    return { address: this.#write(bytes), length: bytes.length - 1 };
  }

  #newBytes(bytes: Uint8Array): Address {
    const copy = this.#write(bytes);
    const made = this.exports.qjs_new_uint8_array(copy, bytes.length);
    this.exports.wasm_free(copy);
    return notNull(made);
  }

  #readText(value: Address): string {
    const length = this.#allocate(4);
    const text = notNull(this.exports.qjs_get_string_len(value, length));
    const bytes = this.guest.bytes(text, this.guest.view(length, 4).getUint32(0, true));
    this.guest.charge(bytes.length >>> 3);
    const decoded = DECODER.decode(bytes);
    this.exports.qjs_free_cstring(text);
    this.exports.wasm_free(length);
    return decoded;
  }

  #readBytes(value: Address): Uint8Array | undefined {
    const sizes = this.#allocate(SCRATCH_BYTES);
    const { qjs_get_typed_array_buffer: bufferOf, qjs_get_array_buffer: dataOf } = this.exports;
    const buffer = notNull(bufferOf(value, sizes, sizes + 4, sizes + 8));
    if (this.isException(buffer)) {
      this.exports.qjs_free_value(notNull(this.exports.qjs_get_exception()));
      return undefined;
    }
    const data = dataOf(buffer, sizes + 12);
    const view = this.guest.view(sizes, SCRATCH_BYTES);
    const offset = view.getUint32(0, true);
    const bytes = this.guest.bytes(data + offset, view.getUint32(4, true)).slice();
    this.guest.charge(bytes.length >>> 3);
    this.exports.qjs_free_value(buffer);
    this.exports.wasm_free(sizes);
    return bytes;
  }

  #write(bytes: Uint8Array): Address {
    this.guest.charge(bytes.length >>> 3);
    const address = this.#allocate(bytes.length);
    this.guest.bytes(address, bytes.length).set(bytes);
    return address;
  }

  #allocate(byteCount: number): Address {
    return notNull(this.exports.wasm_malloc(Math.max(1, byteCount)));
  }
}

/** @throws GuestStop where the engine found no memory. */
export function notNull(address: Address): Address {
  if (address === 0) throw new GuestStop('memory');
  return address;
}
