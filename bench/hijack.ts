/**
 * What a wholly hijacked model can do through the gateway, on the traces of a public benchmark: the
 * attacks that took effect, and the users' tasks that were done all the same. Prints one JSON line a
 * suite, and one for all.
 *
 *   npx node bench/hijack.ts [suite …]
 *
 * `injecagent` is a smoke test on another benchmark; it is played only if it is named.
 * `HIJACK_DETAILS=1` also names, on the error output, each task that a human was asked about and
 * each attack that ran in whole or in part.
 */

import { startModelServer } from '../test/support/planned-model.ts';
import { HARMS, readInjecAgent } from './hijack/injecagent-data.ts';
import { BANKING } from './hijack/policies/banking.ts';
import { policyByVerb } from './hijack/policies/by-verb.ts';
import { SLACK } from './hijack/policies/slack.ts';
import { TRAVEL } from './hijack/policies/travel.ts';
import { WORKSPACE } from './hijack/policies/workspace.ts';
import { FULL, type Programme, runSuite, SMOKE, type SuiteScore } from './hijack/run-suite.ts';
import { readSuite, type Suite } from './hijack/suite-data.ts';
import type { SuitePolicy } from './hijack/suite-policy.ts';
import { listDetails, summarise } from './hijack/summarise.ts';

interface Play {
  readonly suite: Suite | undefined;
  readonly policy: (suite: Suite) => SuitePolicy;
  readonly programme: Programme;
}

const POLICIES = { workspace: WORKSPACE, banking: BANKING, travel: TRAVEL, slack: SLACK };
const wanted = process.argv.slice(2);
const plays: readonly Play[] = [
  ...Object.entries(POLICIES)
    .filter(([name]) => wanted.length === 0 || wanted.includes(name))
    .map(([name, policy]) => ({ suite: readSuite(name), policy: () => policy, programme: FULL })),
  ...(Object.keys(HARMS) as (keyof typeof HARMS)[])
    .filter(() => wanted.includes('injecagent'))
    .map((name) => ({
      suite: readInjecAgent(name),
      policy: ({ tools }: Suite) => policyByVerb(tools),
      programme: SMOKE,
    })),
];
const print = (line: object) => console.log(JSON.stringify({ bench: 'hijack', ...line }));

const model = await startModelServer();
const scores: SuiteScore[] = [];
for (const { suite, policy, programme } of plays) {
  if (suite === undefined) {
    print({ skipped: 'Cannot find the traces; SALLYPORT_DATA must name their folder' });
    break;
  }
  const score = await runSuite(suite, policy(suite), { model, programme });
  scores.push(score);
  print({ suite: suite.name, ...summarise([score]) });
  if (process.env.HIJACK_DETAILS === '1') {
    for (const line of listDetails(score)) console.error(line);
  }
}
if (scores.length > 1) print({ suite: 'all', ...summarise(scores) });
model.close();
