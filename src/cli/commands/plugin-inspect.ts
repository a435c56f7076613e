/**
 * `plugin inspect`: the review that a gateway makes of an upload, without one.
 *
 * @module
 */

import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { describeReview } from '../../plugin-review/describe-review.ts';
import { expandRemote } from '../../plugin-review/remote/expand-remote.ts';
import type { Review } from '../../plugin-review/review.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import {
  hasCodeBeside,
  manifestBeside,
  manifestPathIn,
  modulePathIn,
  readManifestText,
} from '../plugin/find-files.ts';
import { inspectCode, inspectPlugin } from '../plugin/inspect-plugin.ts';
import { readModule } from '../plugin/plugin-files.ts';
import { readSignature, signaturePath } from '../plugin/signature-file.ts';
import { remoteMaker } from '../remote-mcp/remote-maker.ts';
import type { Terminal } from '../terminal.ts';

export const pluginInspect: Command = {
  name: 'plugin inspect',
  summary: 'Review a plugin as a gateway does, and suggest the least it must ask for',
  positionals: ['<file or folder>'],
  options: {
    manifest: {
      value: '<plugin.json>',
      help: 'the manifest; the one beside the file if not stated',
    },
    'no-manifest': { help: 'the code by itself, whatever lies beside it' },
    json: { help: 'the review as JSON' },
  },
  details: [
    'Runs nothing of the plugin and asks nobody; JavaScript is compiled by a gateway of its own, which',
    'is gone afterwards. What depends on a workspace (who signs, which version is installed, what its',
    'policy allows) is judged when the plugin is installed.',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const review = await readAndReview(invocation);
  if (invocation.has('json')) terminal.json(review);
  else show(review, terminal);
  return review.verdict === 'acceptable' ? EXIT.ok : EXIT.finding;
}

function show(review: Review, terminal: Terminal): void {
  const isByItself = review.plugin === undefined && review.capabilities !== undefined;
  if (isByItself) terminal.line('No manifest: the code by itself', 'quiet');
  for (const line of describeReview(review)) {
    if (!isByItself || !line.startsWith('  asks for ')) terminal.line(line);
  }
  const suggestion = suggest(review);
  if (suggestion !== undefined) terminal.line(suggestion);
}

async function readAndReview(invocation: Invocation): Promise<Review> {
  const path = invocation.positionals[0] ?? '';
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder && !hasCodeBeside(manifestPathIn(path))) return reviewFiles(manifestPathIn(path));
  const file = isFolder ? modulePathIn(path) : path;
  const manifestPath = chooseManifest(invocation, file);
  const code = readModule(file);
  if (manifestPath === undefined) return inspectCode(code, extname(file) === '.js');
  return reviewFiles(manifestPath, code);
}

async function reviewFiles(manifestPath: string, code?: Uint8Array): Promise<Review> {
  const signatureText = readSignature(signaturePath(manifestPath));
  const upload = {
    manifestText: readManifestText(manifestPath),
    ...(code !== undefined && { code }),
    ...(signatureText !== undefined && { signatureText }),
  };
  const whole = expandRemote(upload, remoteMaker());
  return whole.ok ? inspectPlugin(whole.value) : { verdict: 'refused', findings: whole.error };
}

function chooseManifest(invocation: Invocation, file: string): string | undefined {
  const named = invocation.value('manifest');
  if (!invocation.has('no-manifest')) return named ?? manifestBeside(file);
  if (named === undefined) return undefined;
  throw CommandFailure.usage('Cannot inspect: --manifest and --no-manifest exclude each other');
}

/** What the manifest has to hold for the code to be able to do what it imports. */
function suggest({ capabilities }: Review): string | undefined {
  if (capabilities?.needed === undefined) return undefined;
  const least = capabilities.needed.flatMap(({ suggested }) => suggested);
  return `Suggested: "capabilities": ${JSON.stringify(least)}`;
}
