/**
 * `Math.random` and `crypto`: fed by the host, which gives the same bytes at every call unless
 * the plugin was granted randomness.
 *
 * @module
 */

import { defineGlobal, type Host } from './host.ts';

/** Most bytes that `crypto.getRandomValues` fills at once, as in the Web Cryptography API. */
const MAX_RANDOM_BYTES = 65_536;

const UINT32_VALUES = 2 ** 32;

/** Seeds again at the first use in each call, so that no call goes on with another's numbers. */
export class Chance {
  readonly #host: Host;
  #state: Uint32Array | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  /** To be called before the code of each call. */
  begin(): void {
    this.#state = undefined;
  }

  install(): void {
    Object.defineProperty(Math, 'random', {
      value: () => this.#random(),
      writable: true,
      configurable: true,
      enumerable: false,
    });
    defineGlobal('crypto', {
      getRandomValues: (view: Uint8Array) => this.#fill(view),
      randomUUID: () => this.#uuid(),
    });
  }

  /** 53 bits of sfc32 (Chris Doty-Humphrey, PractRand). Not for secrets. */
  #random(): number {
    this.#state ??= new Uint32Array(this.#host.random('16').buffer);
    const high = next(this.#state) >>> 6;
    const low = next(this.#state) >>> 5;
    return (high * 2 ** 27 + low) / 2 ** 53;
  }

  #fill<View extends ArrayBufferView>(view: View): View {
    if (!ArrayBuffer.isView(view)) throw new TypeError('Cannot fill: a typed array is needed');
    if (view.byteLength > MAX_RANDOM_BYTES) {
      throw new RangeError(`Cannot fill ${view.byteLength} bytes: at most ${MAX_RANDOM_BYTES}`);
    }
    const bytes = this.#host.random(String(view.byteLength));
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
    return view;
  }

  /** Version 4, RFC 9562. */
  #uuid(): string {
    const bytes = this.#host.random('16');
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }
}

function next(state: Uint32Array): number {
  const [a = 0, b = 0, c = 0, counter = 0] = state;
  const sum = (a + b + counter) % UINT32_VALUES;
  state[0] = b ^ (b >>> 9);
  state[1] = c + (c << 3);
  state[2] = ((c << 21) | (c >>> 11)) + sum;
  state[3] = counter + 1;
  return sum;
}
