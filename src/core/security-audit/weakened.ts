/**
 * Where a policy is milder than the default: the switches of the scanners, of information flow and of
 * plugins. Each place can be put back to the default, which only takes away.
 *
 * @module
 */

import { DEFAULT_FLOW_RULES, FLOW_EFFECTS, strictestOutcome } from '../policy/flow-rules.ts';
import { DEFAULT_PLUGIN_POLICY } from '../policy/plugin-policy.ts';
import type { Policy } from '../policy/policy.ts';
import { DEFAULT_SCAN_POLICY, type KindPolicy, type StagePolicy } from '../policy/scan-policy.ts';
import { SCAN_MODES } from '../policy/scan-policy-schema.ts';

/** One place of a policy, as a JSON Pointer, and what stands there. */
export interface Weakening {
  readonly pointer: string;
  readonly is: string;
  readonly byDefault: string;
}

/** What of a policy can be weakened and put back. */
export type Guards = Pick<Policy, 'scan' | 'flow' | 'plugins'>;

const CONFIDENCES = ['high', 'medium', 'low'] as const;
const STAGES = ['input', 'result', 'output'] as const;
const KINDS = ['injection', 'secrets', 'personalData'] as const;
const SINGLE_RULES = ['untrustedArgument', 'unaskedCall', 'handleArgument'] as const;
const INTEGRITIES = ['trusted', 'untrusted'] as const;
const CONFIDENTIALITIES = ['public', 'workspace', 'secret'] as const;

/** The policy with nothing milder than the default, and each place that was. */
export function strengthen<P extends Guards>(
  policy: P,
): { readonly policy: P; readonly weakenings: readonly Weakening[] } {
  const found: Weakening[] = [];
  const note = (pointer: string, is: string, byDefault: string) => {
    if (is !== byDefault) found.push({ pointer, is, byDefault });
  };
  const scan = strengthenScan(policy.scan, note);
  const flow = strengthenFlow(policy.flow, note);
  const plugins = { ...policy.plugins };
  if (plugins.bundledSecrets !== DEFAULT_PLUGIN_POLICY.bundledSecrets) {
    note('/plugins/bundledSecrets', plugins.bundledSecrets, DEFAULT_PLUGIN_POLICY.bundledSecrets);
    plugins.bundledSecrets = DEFAULT_PLUGIN_POLICY.bundledSecrets;
  }
  return { policy: { ...policy, scan, flow, plugins }, weakenings: found };
}

type Note = (pointer: string, is: string, byDefault: string) => void;

function strengthenScan(scan: Policy['scan'], note: Note): Policy['scan'] {
  const stages = STAGES.map((stage) => {
    const [is, least] = [scan[stage], DEFAULT_SCAN_POLICY[stage]];
    const kinds = KINDS.map((kind) => {
      const [{ mode, from }, stricter] = [is[kind], stricterOf(is[kind], least[kind])];
      note(`/scan/${stage}/${kind}/mode`, mode, stricter.mode);
      note(`/scan/${stage}/${kind}/from`, from, stricter.from);
      return [kind, stricter] as const;
    });
    const uninspected = is.uninspected === 'block' ? is.uninspected : least.uninspected;
    note(`/scan/${stage}/uninspected`, is.uninspected, uninspected);
    const all: StagePolicy = { ...is, ...Object.fromEntries(kinds), uninspected };
    return [stage, all] as const;
  });
  return { ...scan, ...Object.fromEntries(stages) };
}

/** What is milder is put back whole; a mode that is as strict must act from as little confidence on. */
function stricterOf(is: KindPolicy, least: KindPolicy): KindPolicy {
  const difference = SCAN_MODES.indexOf(is.mode) - SCAN_MODES.indexOf(least.mode);
  if (difference < 0) return least;
  // What is found with less than `from` is flagged all the same, so a stricter mode loses nothing.
  if (difference > 0 || least.mode === 'off') return is;
  return { ...is, from: laterOf(CONFIDENCES, is.from, least.from) };
}

function strengthenFlow(flow: Policy['flow'], note: Note): Policy['flow'] {
  const tables = FLOW_EFFECTS.map((effect) => {
    const rows = INTEGRITIES.map((integrity) => {
      const cells = CONFIDENTIALITIES.map((confidentiality) => {
        const is = flow[effect][integrity][confidentiality];
        const stricter = strictestOutcome([
          is,
          DEFAULT_FLOW_RULES[effect][integrity][confidentiality],
        ]);
        note(`/flow/${effect}/${integrity}/${confidentiality}`, is, stricter);
        return [confidentiality, stricter] as const;
      });
      return [integrity, { ...flow[effect][integrity], ...Object.fromEntries(cells) }] as const;
    });
    return [effect, { ...flow[effect], ...Object.fromEntries(rows) }] as const;
  });
  const single = SINGLE_RULES.map((rule) => {
    const stricter = strictestOutcome([flow[rule], DEFAULT_FLOW_RULES[rule]]);
    note(`/flow/${rule}`, flow[rule], stricter);
    return [rule, stricter] as const;
  });
  return { ...flow, ...Object.fromEntries(tables), ...Object.fromEntries(single) };
}

/** Of two values of a list that goes from the mildest to the strictest. */
function laterOf<T extends string>(list: readonly T[], a: T, b: T): T {
  return list.indexOf(a) >= list.indexOf(b) ? a : b;
}
