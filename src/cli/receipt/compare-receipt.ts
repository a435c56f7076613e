/**
 * Holds a receipt against what was found: the files it is said to be of, and another execution.
 *
 * @module
 */

import type { Receipt } from '../../core/conversation/tool-result.ts';
import type { ClaimedReceipt } from './receipt-file.ts';

/** One statement of a receipt. A `type`, so that it is a `JsonObject`. */
export type ReceiptFinding = {
  readonly field: keyof Receipt | 'result';
  readonly verdict: 'confirmed' | 'differs' | 'not-executable';
  /** What was compared, in words. */
  readonly says: string;
};

/** What came of executing it again. */
export type Reexecution =
  | { readonly kind: 'answered'; readonly text: string; readonly receipt: Receipt }
  | { readonly kind: 'denied'; readonly check: string; readonly reason: string };

/** Everything but the revision of the policy, which is that of the workspace where it ran. */
const WORDS = {
  codeHash: 'module',
  argumentHash: 'input',
  configHash: 'settings',
  hardeningVersion: 'hardening version',
  engine: 'engine',
  fuel: 'fuel',
  outputHash: 'output',
} as const;

/** In the order in which one may be why the next differs. */
const EXECUTED = [
  'argumentHash',
  'configHash',
  'hardeningVersion',
  'engine',
  'fuel',
  'outputHash',
] as const;

/** What comes of an execution, rather than going into it. */
const CAME_OF_IT: readonly string[] = ['fuel', 'outputHash', 'result'];

/** Not all receipts have them. */
const OPTIONAL: readonly string[] = ['configHash', 'hardeningVersion', 'engine'];

/** Whether this is the module that ran. Nothing else is executed in its place. */
export function compareModule(receipt: Receipt, codeHash: string): ReceiptFinding {
  return compareField('codeHash', receipt, { ...receipt, codeHash });
}

/** `isAmbient`: the plugin may read a clock or have chance, so that two executions may differ. */
export function compareExecution(
  { receipt, result }: ClaimedReceipt,
  found: Extract<Reexecution, { kind: 'answered' }>,
  isAmbient: boolean,
): readonly ReceiptFinding[] {
  const fields = EXECUTED.filter((field) => isStated(field, receipt, found.receipt)).map((field) =>
    compareField(field, receipt, found.receipt),
  );
  const findings = result === undefined ? fields : [...fields, compareResult(result, found.text)];
  return isAmbient ? findings.map(excuse) : findings;
}

/** Of what a clock or chance has a part in, a difference says nothing. */
function excuse(finding: ReceiptFinding): ReceiptFinding {
  const { field, verdict, says } = finding;
  if (verdict !== 'differs' || !CAME_OF_IT.includes(field)) return finding;
  return { field, verdict: 'not-executable', says: `${says}; it may have read clock or chance` };
}

/**
 * What it means that the call did not end well again: it has a receipt, so it once did. It gets
 * nothing from its host here, so a call that asks ends, and one that must ask is not begun.
 */
export function judgeDenial({
  check,
  reason,
}: Extract<Reexecution, { kind: 'denied' }>): ReceiptFinding {
  const asked = check === 'capability' || reason === 'host_denied';
  return asked
    ? {
        field: 'outputHash',
        verdict: 'not-executable',
        says: `output: it came of what the call asked its host for (${check}, ${reason})`,
      }
    : {
        field: 'outputHash',
        verdict: 'differs',
        says: `output: executed again, the call was denied (${check}, ${reason})`,
      };
}

function isStated(field: (typeof EXECUTED)[number], ...receipts: readonly Receipt[]): boolean {
  return !OPTIONAL.includes(field) || receipts.some((receipt) => receipt[field] !== undefined);
}

function compareField(field: keyof typeof WORDS, receipt: Receipt, found: Receipt): ReceiptFinding {
  const [claimed, actual] = [receipt[field], found[field]];
  const isSame = claimed === actual && claimed !== undefined;
  const says = isSame
    ? `${WORDS[field]} ${claimed}`
    : `${WORDS[field]}: the receipt says ${claimed ?? 'nothing'}, found ${actual ?? 'nothing'}`;
  return { field, verdict: isSame ? 'confirmed' : 'differs', says };
}

/** The caller sees what inspection has left of the output, so this is not the output's hash. */
function compareResult(claimed: string, actual: string): ReceiptFinding {
  const isSame = claimed === actual;
  const says = isSame
    ? 'result, as it stands beside the receipt'
    : 'result: what stands beside the receipt is not what the call answers under the default policy';
  return { field: 'result', verdict: isSame ? 'confirmed' : 'differs', says };
}
