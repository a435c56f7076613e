/**
 * How findings look on a terminal, and which exit code they make.
 *
 * @module
 */

import {
  FINDING_LEVELS,
  type Finding,
  type FindingLevel,
  isAtLeast,
} from '../../core/security-audit/finding.ts';
import type { Invocation, OptionDeclaration } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Terminal, Tone } from '../terminal.ts';

export const LEVEL_OPTION: Readonly<Record<string, OptionDeclaration>> = {
  level: {
    value: '<low|medium|high>',
    help: 'exit with 1 from findings of this level on; "medium" unless stated',
  },
};

const TONES: Readonly<Record<FindingLevel, Tone>> = { high: 'bad', medium: 'plain', low: 'quiet' };

export function readLevel(invocation: Invocation): FindingLevel {
  const text = invocation.value('level') ?? 'medium';
  const level = FINDING_LEVELS.find((each) => each === text);
  if (level !== undefined) return level;
  throw CommandFailure.usage(`Cannot use "--level ${text}": it must be low, medium or high`);
}

export function showFindings(findings: readonly Finding[], terminal: Terminal): void {
  for (const { id, level, sentence, command } of findings) {
    terminal.line(`${level.padEnd(6)}  ${id}: ${sentence}`, TONES[level]);
    terminal.line(`        mend it: ${command}`, 'quiet');
  }
  if (findings.some(({ command }) => command.startsWith('call '))) {
    terminal.line('        "call" and $URL are made in docs/incident-response.md', 'quiet');
  }
  const counts = FINDING_LEVELS.toReversed().map(
    (level) => `${findings.filter((finding) => finding.level === level).length} ${level}`,
  );
  terminal.line(`Findings: ${counts.join(', ')}`, findings.length === 0 ? 'good' : 'plain');
}

export function exitCodeOf(findings: readonly Finding[], least: FindingLevel): ExitCode {
  return findings.some(({ level }) => isAtLeast(level, least)) ? EXIT.finding : EXIT.ok;
}
