/**
 * `executor enrol`: makes this machine a node of a gateway.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { enrol } from '../../executor/enrol.ts';
import { locateHome } from '../../executor/executor-home.ts';
import type { Command } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { HOME_OPTION } from '../executor-options.ts';
import { EXIT } from '../exit-code.ts';

export const executorEnrol: Command = {
  name: 'executor enrol',
  summary: 'Make this machine a node of a gateway, by a one-time code',
  positionals: ['<gateway-url>', '<code>'],
  options: HOME_OPTION,
  details: [
    'An operator gets the code from the gateway: POST /v1/nodes. It can be used once, for ten minutes.',
    'As "-" it is read from standard input, where no other user of this machine can see it.',
    'The key of this machine is made here, never leaves it, and is readable by you alone.',
  ],
  run: async (invocation, terminal) => {
    const [url = '', given = ''] = invocation.positionals;
    const code = given === '-' ? readFileSync(0, 'utf8').trim() : given;
    const home = locateHome(process.env, invocation.value('home'));
    const enrolled = await enrol(home, url, code);
    if (!enrolled.ok) throw CommandFailure.finding(enrolled.error);
    const { node, workspace, gatewayUrl } = enrolled.value;
    terminal.line(`Enrolled as ${node} of workspace ${workspace} at ${gatewayUrl}`, 'good');
    terminal.line(`Its key and what else is its own: ${home.folder}`);
    terminal.line(`What it may run is said by ${home.policyFile} (docs/executor.md)`);
    return EXIT.ok;
  },
};
