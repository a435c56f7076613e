/**
 * Why an uploaded module is refused, as a value that may be shown to its author.
 *
 * Readers deep inside a module give up by throwing {@link RejectedModule}. It never leaves this
 * folder: `harden.ts` catches it and answers with the {@link WasmRejection} that it carries.
 *
 * @module
 */

export interface WasmRejection {
  readonly code: 'wasm_rejected';
  /** One sentence without full stop. Names taken from the module are quoted and cut short. */
  readonly message: string;
  /** Where in the uploaded bytes the trouble begins. Absent when it is the module as a whole. */
  readonly offset?: number;
}

/** Carries a rejection out of nested readers. Anything else that is thrown is a defect of ours. */
export class RejectedModule extends Error {
  readonly rejection: WasmRejection;

  constructor(rejection: WasmRejection) {
    super(rejection.message);
    this.name = 'RejectedModule';
    this.rejection = rejection;
  }
}

/** Gives up on the module. `problem` says what must hold, or what is not supported. */
export function reject(problem: string, offset?: number): never {
  if (offset === undefined)
    throw new RejectedModule({
      code: 'wasm_rejected',
      message: `Cannot harden module: ${problem}`,
    });
  const message = `Cannot harden module at byte ${offset}: ${problem}`;
  throw new RejectedModule({ code: 'wasm_rejected', message, offset });
}

/** Longest piece of a hostile name that a message repeats, in UTF-16 units. */
const MAX_QUOTED_LENGTH = 80;

/** Quotes a name from the module: printable ASCII as it is, everything else escaped. */
export function quote(name: string): string {
  return JSON.stringify(name.slice(0, MAX_QUOTED_LENGTH)).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Writes an opcode or a type code as the specification does. */
export function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}
