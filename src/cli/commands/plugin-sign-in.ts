/**
 * `plugin sign-in`: a person signs in to the remote server of a plugin, by a browser.
 *
 * @module
 */

import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { GATEWAY_OPTIONS, localGateway, namedGateway } from '../gateway/choose-gateway.ts';
import { type Answer, ask, describeRefusal, errorsOf } from '../gateway/gateway-client.ts';
import type { Terminal } from '../terminal.ts';

export const pluginSignIn: Command = {
  name: 'plugin sign-in',
  summary: 'Sign in to the remote server of a plugin',
  positionals: ['<name>'],
  options: {
    code: { value: '<code>', help: 'what the page has shown in the end: puts it in force' },
    ...GATEWAY_OPTIONS,
  },
  details: [
    'Twice: first it prints where to go with a browser, then it takes the code that the last page shows.',
    'There are ten minutes for all of it. Who was sent a link by somebody else signs that one in: tell',
    'the code to nobody. See docs/mcp.md.',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const gateway = namedGateway(invocation) ?? localGateway();
  const path = pathOf(invocation);
  const code = invocation.value('code');
  if (code !== undefined) {
    const { body } = succeed(await ask(gateway, `POST ${path}/confirm`, { code }));
    terminal.line(`Signed in to ${body.server} for ${body.holder}`, 'good');
    return EXIT.ok;
  }
  const { body } = succeed(await ask(gateway, `POST ${path}`));
  terminal.line(`Go there with a browser, to sign in at ${body.issuer}:`);
  terminal.line(String(body.authorizationUrl));
  if (body.scope !== undefined) terminal.line(`It will be asked for: ${body.scope}`);
  terminal.line('Then run the same again with what the last page shows:');
  terminal.line('  --code <code>');
  return EXIT.ok;
}

export const pluginSignOut: Command = {
  name: 'plugin sign-out',
  summary: 'Forget the tokens of a sign-in, here and where they came from',
  positionals: ['<name>'],
  options: GATEWAY_OPTIONS,
  details: ['The authorization server is asked as well; whether it does is its own affair.'],
  run: async (invocation, terminal) => {
    const gateway = namedGateway(invocation) ?? localGateway();
    succeed(await ask(gateway, `DELETE ${pathOf(invocation)}`));
    terminal.line('Signed out', 'good');
    return EXIT.ok;
  },
};

function pathOf({ positionals }: Invocation): string {
  return `/v1/plugins/${encodeURIComponent(positionals[0] ?? '')}/sign-in`;
}

function succeed(answer: Answer): Answer {
  if (answer.status < 300) return answer;
  const message = `Cannot sign in or out: ${describeRefusal(answer)}`;
  throw CommandFailure.finding(message, errorsOf(answer));
}
