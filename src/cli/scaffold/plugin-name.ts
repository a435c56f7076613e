/**
 * Names that a new plugin may have: those of a manifest that are a function's name, too.
 *
 * @module
 */

import { err, ok, type Result } from '../../core/primitives/result.ts';

/** As `plugin.json` has it. It is the folder's name too, so nothing in it can lead elsewhere. */
const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** Words that no function of JavaScript or AssemblyScript can have as its name. */
const RESERVED = new Set(
  `abstract as async await break case catch class const continue debugger declare default delete do
  else enum export extends false finally for from function get if implements import in instanceof
  interface is keyof let module namespace new null of operator package private protected public
  readonly require return set static super switch this throw true try type typeof undefined unmanaged
  var void while with yield`.split(/\s+/),
);

export interface PluginName {
  readonly name: string;
  /** The function that runs it: the name with `-` as `_`. */
  readonly entry: string;
}

export function parsePluginName(text: string): Result<PluginName, string> {
  if (!NAME.test(text)) {
    return err(
      `Cannot name a plugin "${text}": it must begin with a to z and hold at most 64 of a-z, 0-9 and "-"`,
    );
  }
  if (RESERVED.has(text)) {
    return err(`Cannot name a plugin "${text}": it must not be a word of the language`);
  }
  return ok({ name: text, entry: text.replaceAll('-', '_') });
}
