/**
 * `plugin keygen`: a key to sign plugins with.
 *
 * @module
 */

import { basename, extname } from 'node:path';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { makeSigningKey } from '../plugin/signing-key.ts';

export const pluginKeygen: Command = {
  name: 'plugin keygen',
  summary: 'Make a key that signs plugins, and print its public half',
  positionals: ['<file>'],
  options: {
    id: { value: '<key-id>', help: "the key's name; that of the file unless stated" },
    json: { help: 'the public half as JSON, as a policy takes it' },
  },
  details: [
    'The file must not exist yet, and is readable by its owner alone. A workspace trusts the key once',
    'its policy holds the public half in "plugins": {"trustedKeys": [...]}; with "requireSignature"',
    'it lets in nothing else.',
  ],
  run: async (invocation, terminal) => {
    const file = invocation.positionals[0] ?? '';
    const keyId = invocation.value('id') ?? basename(file, extname(file));
    const trusted = makeSigningKey(file, keyId);
    if (invocation.has('json')) {
      terminal.json(trusted);
      return EXIT.ok;
    }
    terminal.line(`Made the key "${keyId}" in ${file}; keep it to yourself`, 'good');
    terminal.line('What a workspace needs to trust it, in "trustedKeys" of its policy:');
    terminal.line(`  ${JSON.stringify(trusted)}`);
    return EXIT.ok;
  },
};
