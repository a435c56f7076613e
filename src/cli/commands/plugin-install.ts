/**
 * `plugin install`: has a plugin reviewed where it is to run, shows the review, and installs it.
 *
 * @module
 */

import { describeReview } from '../../plugin-review/describe-review.ts';
import { isRefusal } from '../../plugin-review/finding.ts';
import type { Review } from '../../plugin-review/review.ts';
import type { Command, Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { GATEWAY_OPTIONS, localGateway, namedGateway } from '../gateway/choose-gateway.ts';
import { reviewUpload } from '../gateway/review-upload.ts';
import { installPlugin } from '../gateway/set-up-plugin.ts';
import { readUpload } from '../plugin/plugin-files.ts';
import { readSignature, signaturePath } from '../plugin/signature-file.ts';
import type { Terminal } from '../terminal.ts';

export const pluginInstall: Command = {
  name: 'plugin install',
  summary: 'Show what a gateway says of a plugin, and install it there',
  positionals: ['<folder>'],
  options: {
    'accept-growth': {
      value: '<digest>',
      help: 'lets a newer version do what the review says is new; the review names the digest',
    },
    ...GATEWAY_OPTIONS,
    json: { help: 'what the gateway answers, as JSON' },
  },
  details: [
    'Into the gateway that "npm start" runs in this clone, unless --url names another. The review comes',
    'first, with what a newer version may do and the installed one may not; nothing is installed that',
    'it refuses. If there is a plugin.sig.json ("plugin sign"), it is sent along.',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const plugin = readUpload(invocation.positionals[0] ?? '');
  const gateway = namedGateway(invocation) ?? localGateway();
  const parts = readParts(invocation, plugin.manifest.path);
  const review = await reviewUpload(gateway, plugin, parts);
  const isQuiet = invocation.has('json');
  if (!isQuiet) for (const line of describeReview(review)) terminal.line(line);
  if (review.verdict === 'refused') return refuse(review, isQuiet, terminal);
  const { body } = await installPlugin(gateway, plugin, parts);
  if (isQuiet) terminal.json(body);
  else {
    const { name, version, state } = body;
    terminal.line(`Installed ${name} ${version} at ${gateway.url}: it is ${state}`, 'good');
  }
  return EXIT.ok;
}

function readParts(invocation: Invocation, manifestPath: string): Readonly<Record<string, string>> {
  const signature = readSignature(signaturePath(manifestPath));
  const acceptGrowth = invocation.value('accept-growth');
  return {
    ...(signature !== undefined && { signature }),
    ...(acceptGrowth !== undefined && { acceptGrowth }),
  };
}

function refuse(review: Review, isQuiet: boolean, terminal: Terminal): ExitCode {
  if (isQuiet) {
    terminal.json(review);
    return EXIT.finding;
  }
  terminal.line('Not installed', 'bad');
  const refusals = review.findings.filter(isRefusal);
  const growth = review.capabilities?.growth;
  if (growth !== undefined && refusals.every(({ code }) => code === 'growth_not_accepted')) {
    terminal.line('If it is meant to be able to do that, run the same again with:');
    terminal.line(`  --accept-growth ${growth.digest}`);
  }
  return EXIT.finding;
}
