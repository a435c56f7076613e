/**
 * `plugin new`: a folder with a plugin that works, and its cases.
 *
 * @module
 */

import { join, relative } from 'node:path';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { parsePluginName } from '../scaffold/plugin-name.ts';
import { LANGUAGES, type Language, readTemplate } from '../scaffold/templates.ts';
import { writeScaffold } from '../scaffold/write-scaffold.ts';
import type { Terminal } from '../terminal.ts';

export const pluginNew: Command = {
  name: 'plugin new',
  summary: 'Make the folder of a new plugin, with code and cases that pass',
  positionals: ['<name>'],
  options: {
    lang: { value: LANGUAGES.join('|'), help: 'what it is written in; must be given' },
    dir: { value: '<folder>', help: 'where the folder is made; the present one unless stated' },
  },
  details: [
    '<name> is the name of the plugin, of its folder and of its one tool. What exists already is',
    'never written to. docs/plugins/README.md leads from here to an agent that uses the tool.',
  ],
  run,
};

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const name = parsePluginName(invocation.positionals[0] ?? '');
  if (!name.ok) throw CommandFailure.usage(name.error);
  const language = readLanguage(invocation.value('lang'));
  const folder = join(invocation.value('dir') ?? '.', name.value.name);
  const files = readTemplate(language, name.value);
  writeScaffold(folder, files);
  const shown = relative('.', folder) || '.';
  terminal.line(`Made ${shown}/`, 'good');
  for (const path of files.keys()) terminal.line(`  ${path}`);
  terminal.line();
  terminal.line('Next:');
  if (language === 'assemblyscript') {
    terminal.line(`  (cd ${shown} && npm install && npm run build)`);
  }
  terminal.line(`  npx --no sallyport plugin test ${shown}`);
  return EXIT.ok;
}

function readLanguage(text: string | undefined): Language {
  const language = LANGUAGES.find((known) => known === text);
  if (language !== undefined) return language;
  const given = text === undefined ? '' : ` "${text}"`;
  throw CommandFailure.usage(
    `Cannot make the plugin: --lang${given} must be ${LANGUAGES.join(' or ')}`,
  );
}
