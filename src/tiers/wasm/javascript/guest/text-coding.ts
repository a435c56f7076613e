/**
 * `TextEncoder` and `TextDecoder`, for UTF-8.
 *
 * @module
 */

import { defineGlobal, type Host } from './host.ts';

/** Some of the labels that the Encoding standard knows for UTF-8. */
const UTF8_LABELS = ['utf-8', 'utf8', 'unicode-1-1-utf-8'];

export function installTextCoding(host: Host): void {
  defineGlobal('TextEncoder', encoderClass(host));
  defineGlobal('TextDecoder', decoderClass(host));
}

function encoderClass(host: Host) {
  return class TextEncoder {
    get encoding(): string {
      return 'utf-8';
    }

    encode(text: unknown = ''): Uint8Array {
      return host.encode(String(text).toWellFormed());
    }
  };
}

function decoderClass(host: Host) {
  return class TextDecoder {
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;

    constructor(label: unknown = 'utf-8', options: { fatal?: unknown; ignoreBOM?: unknown } = {}) {
      if (!UTF8_LABELS.includes(String(label).trim().toLowerCase())) {
        throw new RangeError(`Cannot decode "${label}": only UTF-8 is known here`);
      }
      this.fatal = Boolean(options.fatal);
      this.ignoreBOM = Boolean(options.ignoreBOM);
    }

    get encoding(): string {
      return 'utf-8';
    }

    decode(input: unknown = new Uint8Array(), options: { stream?: unknown } = {}): string {
      if (options.stream) throw new TypeError('Cannot decode: streams must be collected first');
      const mode = `${this.fatal ? 'fatal ' : ''}${this.ignoreBOM ? 'ignoreBOM' : ''}`;
      return host.decode(toBytes(input), mode);
    }
  };
}

function toBytes(input: unknown): Uint8Array {
  if (input instanceof Uint8Array) return input;
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) {
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  }
  throw new TypeError('Cannot decode: the input must be an ArrayBuffer or a view of one');
}
