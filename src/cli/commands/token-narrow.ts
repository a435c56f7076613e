/**
 * `token narrow`: hands on less of a token, without asking the gateway that issued it.
 *
 * @module
 */

import { attenuate } from '../../client/attenuate.ts';
import { caveatSchema, MAX_CAVEATS, type WrittenCaveat } from '../../core/policy/caveat.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT } from '../exit-code.ts';

export const tokenNarrow: Command = {
  name: 'token narrow',
  summary: 'Make a token that may do less than SALLYPORT_TOKEN, without asking its gateway',
  positionals: [],
  options: {
    token: { value: '<token>', help: 'better in SALLYPORT_TOKEN: others may see command lines' },
    grant: { value: '<pattern>', repeats: true, help: 'only what one of these allows' },
    expires: { value: '<seconds>', help: 'only for so long from now' },
    workspace: { value: '<id>', help: 'only in this workspace' },
    'max-tokens': { value: '<number>', help: 'at most so many tokens in each turn' },
    'max-micro-usd': { value: '<number>', help: 'at most so many millionths of a dollar a turn' },
    label: {
      value: '<integrity>:<confidentiality>',
      help: 'no call that brings more into a turn: trusted or untrusted, workspace or secret',
    },
    tool: { value: '<name>', help: 'of all tools only this one, and nothing but tools' },
    json: { help: 'the token and its caveats as JSON' },
  },
  details: [
    'The answer is the new token, alone on its line. Whoever holds it may narrow it further; nobody can',
    'widen it. It ends with the token that it was made from. See docs/security/tokens.md.',
  ],
  run: async (invocation, terminal) => {
    const token = invocation.value('token') ?? process.env.SALLYPORT_TOKEN ?? '';
    const caveats = readCaveats(invocation);
    const narrowed = await attenuate(token, caveats).catch((thrown: unknown) => {
      throw thrown instanceof TypeError ? CommandFailure.usage(thrown.message) : thrown;
    });
    if (invocation.has('json')) terminal.json({ token: narrowed, caveats });
    else terminal.line(narrowed);
    return EXIT.ok;
  },
};

function readCaveats(invocation: Invocation): readonly WrittenCaveat[] {
  const { value, values } = invocation;
  const patterns = values('grant');
  const [integrity, confidentiality] = value('label')?.split(':') ?? [];
  const expires = readNumber(invocation, 'expires');
  const maxTokens = readNumber(invocation, 'max-tokens');
  const maxCostMicroUsd = readNumber(invocation, 'max-micro-usd');
  const written: readonly (object | false)[] = [
    patterns.length > 0 && { kind: 'grants', patterns },
    expires !== undefined && { kind: 'expiry', at: Date.now() + expires * 1_000 },
    value('workspace') !== undefined && { kind: 'workspace', id: value('workspace') },
    (maxTokens !== undefined || maxCostMicroUsd !== undefined) && {
      kind: 'budget',
      ...(maxTokens !== undefined && { maxTokens }),
      ...(maxCostMicroUsd !== undefined && { maxCostMicroUsd }),
    },
    integrity !== undefined && { kind: 'label', integrity, confidentiality },
    value('tool') !== undefined && { kind: 'tool', name: value('tool') },
  ];
  const caveats = written.filter((caveat) => caveat !== false);
  if (caveats.length === 0 || caveats.length > MAX_CAVEATS) {
    throw CommandFailure.usage('Cannot narrow the token: at least one option must say by what');
  }
  return caveats.map(checkCaveat);
}

/** The gateway would refuse the token for a caveat that it cannot read. */
function checkCaveat(caveat: object): WrittenCaveat {
  const read = caveatSchema.safeParse(caveat);
  if (read.success) return caveat as WrittenCaveat;
  throw CommandFailure.usage('Cannot narrow the token: every option must be as --help says', [
    JSON.stringify(caveat),
  ]);
}

function readNumber(invocation: Invocation, option: string): number | undefined {
  const text = invocation.value(option);
  if (text === undefined) return undefined;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw CommandFailure.usage(`Cannot read --${option}: it must be a whole number`);
}
