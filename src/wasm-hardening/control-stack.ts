/**
 * The blocks that are open at a point in a function body, and the height of the operand stack.
 *
 * The engine has validated the body before, so heights are exact in code that can run. In code
 * that cannot, behind a branch, they are a guess, which is never below the block's own operands.
 *
 * @module
 */

import type { FunctionType } from './value-types.ts';

export type BlockKind = 'function' | 'block' | 'loop' | 'if';

/** The operands that a block takes and leaves. */
export type BlockType = Pick<FunctionType, 'parameterCount' | 'resultCount'>;

interface OpenBlock {
  readonly kind: BlockKind;
  readonly type: BlockType;
  /** Height below the block's own operands. */
  readonly base: number;
}

export class ControlStack {
  /** Operands on the stack, over all open blocks. */
  height = 0;
  private readonly open: OpenBlock[] = [];

  /** Open blocks, the function itself included; 0 once its last `end` has been read. */
  get depth(): number {
    return this.open.length;
  }

  get innermost(): BlockKind | undefined {
    return this.open.at(-1)?.kind;
  }

  enter(kind: BlockKind, type: BlockType): void {
    this.apply(type.parameterCount, 0);
    this.open.push({ kind, type, base: this.height });
    this.height += type.parameterCount;
  }

  /** Turns from the first arm of an `if` to the second, which starts with the same operands. */
  turnToElse(): void {
    const block = this.open.at(-1);
    if (block !== undefined) this.height = block.base + block.type.parameterCount;
  }

  /** Closes the innermost block and answers what it was. */
  leave(): BlockKind | undefined {
    const block = this.open.pop();
    if (block !== undefined) this.height = block.base + block.type.resultCount;
    return block?.kind;
  }

  /** Takes and leaves operands as one instruction does. */
  apply(pops: number, pushes: number): void {
    const base = this.open.at(-1)?.base ?? 0;
    this.height = Math.max(base, this.height - pops) + pushes;
  }

  /** What follows cannot run, up to the next `else` or `end`. */
  becomeUnreachable(): void {
    this.height = this.open.at(-1)?.base ?? 0;
  }
}
