/**
 * The files of a new plugin, from `worker-plugins/templates/<language>`.
 *
 * @module
 */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../project-root.ts';
import type { PluginName } from './plugin-name.ts';

export const LANGUAGES = ['assemblyscript', 'javascript'] as const;

export type Language = (typeof LANGUAGES)[number];

/** Path below the plugin's folder → content. */
export type ScaffoldFiles = ReadonlyMap<string, string>;

const PLUGINS = join(PROJECT_ROOT, 'worker-plugins');

/** A `.gitignore` of ours would be obeyed here too. */
const DOT = '_dot_';

export function readTemplate(language: Language, plugin: PluginName): ScaffoldFiles {
  const files = [...filesIn(join(PLUGINS, 'templates', language))].map(
    ([path, text]) => [path.replaceAll(DOT, '.'), fillIn(text, plugin)] as const,
  );
  return new Map([...files, ...(language === 'assemblyscript' ? typedHelpers() : [])]);
}

/** The plugin gets a copy: it lives on its own, wherever it is moved. */
function typedHelpers(): readonly (readonly [string, string])[] {
  return [...filesIn(join(PLUGINS, 'sdk/assembly'))].map(([path, text]) => [
    `assembly/sdk/${path}`,
    text,
  ]);
}

function fillIn(text: string, { name, entry }: PluginName): string {
  return text.replaceAll('__name__', name).replaceAll('__entry__', entry);
}

function filesIn(folder: string): ScaffoldFiles {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}
