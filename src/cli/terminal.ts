/**
 * Where a command writes. Nothing reaches the terminal but through here, and so nothing reaches it
 * that has not been made visible.
 *
 * @module
 */

import { visibleJson, visibleText } from './visible-text.ts';

/** How a line is meant; shown by colour, where there is one. */
export type Tone = 'plain' | 'good' | 'bad' | 'quiet';

export interface Terminal {
  /** Writes one line. */
  readonly line: (text?: string, tone?: Tone) => void;
  /** What went wrong, beside the answer and not in it. */
  readonly problem: (text: string) => void;
  /** The whole answer of a command, for programs. */
  readonly json: (value: unknown) => void;
}

export interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const COLOURS: Readonly<Record<Tone, string>> = { plain: '', good: '32', bad: '31', quiet: '2' };

/** Colours only where somebody looks, and has not asked for none (https://no-color.org). */
export function createTerminal(
  { stdout, stderr }: { readonly stdout: Stream; readonly stderr: Stream },
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const wantsColour = !env.NO_COLOR && env.TERM !== 'dumb';
  const write = (stream: Stream, text: string, tone: Tone) => {
    const shown = visibleText(text);
    const colour = wantsColour && stream.isTTY === true ? COLOURS[tone] : '';
    stream.write(colour === '' ? `${shown}\n` : `\u001b[${colour}m${shown}\u001b[0m\n`);
  };
  return {
    line: (text = '', tone = 'plain') => write(stdout, text, tone),
    problem: (text) => write(stderr, text, 'bad'),
    json: (value) => stdout.write(`${visibleJson(value)}\n`),
  };
}
