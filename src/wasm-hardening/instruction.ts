/**
 * What is known of an instruction: what follows its opcode, what it does to the operand stack,
 * and what it costs.
 *
 * One unit of fuel is about one simple instruction. What takes the engine clearly longer costs
 * more, so that no instruction stretches a budget: a table write, a division, a call.
 *
 * @module
 */

/** What follows an opcode in the bytes. `block-type` to `indirect-call` steer control flow. */
export type Immediate =
  | 'block-type'
  | 'label'
  | 'label-list'
  | 'call'
  | 'indirect-call'
  | PlainImmediate;

/** Immediates that mean nothing to control flow: indices to be checked and bytes to be passed. */
export type PlainImmediate =
  | 'none'
  | 'function'
  | 'local'
  | 'global'
  | 'table'
  | 'two-tables'
  | 'element'
  | 'element-and-table'
  | 'data'
  | 'data-and-memory'
  | 'memory'
  | 'two-memories'
  | 'memory-access'
  | 'memory-access-and-lane'
  | 'lane'
  | 'sixteen-bytes'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'result-type'
  | 'heap-type';

/** What the last operand of an instruction counts, when the work grows with that operand. */
export type LengthUnit = 'bytes' | 'elements' | 'pages';

export interface Instruction {
  readonly immediate: Immediate;
  /** Operands taken and left. Calls and blocks add what their type says. */
  readonly pops: number;
  readonly pushes: number;
  /** Fuel, without what is charged by length. */
  readonly fuel: number;
  /** Set when fuel is also charged by the last operand. */
  readonly chargedPer: LengthUnit | undefined;
}
