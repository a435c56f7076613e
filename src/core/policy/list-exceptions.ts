/**
 * What a workspace has excepted from its flow rules: the places where an outsider's word may come to fill
 * a sensitive argument all the same.
 *
 * Labels of turns know nothing of arguments, so no proof about labels weighs these (`prove-flow.ts`):
 * they are for a person to look at.
 *
 * @module
 */

import type { FlowRules } from './flow-rules.ts';

export interface FlowException {
  readonly rule:
    | 'believed'
    | 'declassifiers'
    | 'constants'
    | 'untrustedArgument'
    | 'handleArgument';
  /** Names of tools, values, or the outcome that the rule has. */
  readonly is: readonly string[];
  /** For people. */
  readonly sentence: string;
}

export function listExceptions(flow: FlowRules): readonly FlowException[] {
  const { believed, declassifiers, constants, untrustedArgument, handleArgument } = flow;
  const found: FlowException[] = [
    {
      ...{ rule: 'believed', is: believed },
      sentence: `What outsiders wrote counts as trusted where these tools say it: ${believed.join(', ')}`,
    },
    {
      ...{ rule: 'declassifiers', is: declassifiers },
      sentence: `What these tools answer about outsiders’ words counts as trusted: ${declassifiers.join(', ')}`,
    },
    {
      ...{ rule: 'constants', is: constants },
      sentence: `Any argument may have one of ${constants.length} values, whoever says it`,
    },
    {
      ...{ rule: 'untrustedArgument', is: untrustedArgument === 'allow' ? ['allow'] : [] },
      sentence: 'An outsider’s word fills sensitive arguments, and nobody is asked',
    },
    {
      ...{ rule: 'handleArgument', is: handleArgument === 'ask' ? ['ask'] : [] },
      sentence: 'A human can approve that a value which nobody has read fills a sensitive argument',
    },
  ];
  return found.filter(({ is }) => is.length > 0);
}
