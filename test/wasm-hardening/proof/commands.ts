/**
 * What a script of the specification suite says, command by command.
 */

import { type Constant, readConstant } from './constants.ts';
import { isField, type ModuleSource, readModuleSource } from './module-source.ts';
import { headOf, type List, readScript, UnreadableScript } from './s-expression.ts';

/** A call of an exported function, or a look at an exported global. */
export interface Action {
  readonly kind: 'invoke' | 'get';
  /** The module meant, the latest one unless stated. */
  readonly module: string | undefined;
  readonly name: string;
  /** Nothing when one of them is no value that JavaScript has. */
  readonly values: readonly Constant[] | undefined;
}

export type Command =
  | { readonly kind: 'module' | 'definition'; readonly source: ModuleSource }
  | {
      readonly kind: 'instance';
      readonly name: string | undefined;
      readonly of: string | undefined;
    }
  | { readonly kind: 'register'; readonly as: string; readonly module: string | undefined }
  | { readonly kind: 'action'; readonly action: Action }
  | { readonly kind: 'invalid' | 'unlinkable' | 'uninstantiable'; readonly source: ModuleSource };

export function readCommands(source: string): readonly Command[] {
  const lists = readScript(source);
  if (lists.every(isField)) {
    const text = `(module ${source})`;
    const [whole] = readScript(text);
    return whole === undefined ? [] : [{ kind: 'module', source: readModuleSource(whole, text) }];
  }
  return lists.flatMap((list) => readCommand(list, source));
}

function readCommand(list: List, source: string): readonly Command[] {
  const [, first, second] = list.items;
  switch (headOf(list)) {
    case 'module':
      return [readModule(list, source)];
    case 'register':
      if (first?.kind !== 'text') return [];
      return [{ kind: 'register', as: first.bytes, module: wordOf(second) }];
    case 'invoke':
    case 'get':
      return [{ kind: 'action', action: readAction(list) }];
    case 'assert_return':
    case 'assert_exhaustion':
    case 'assert_exception':
    case 'assert_trap':
      return first?.kind === 'list' ? [readAssertion(first, source)] : [];
    case 'assert_invalid_custom':
    case 'assert_malformed_custom':
      return []; // custom sections are dropped unread
    case 'assert_invalid':
    case 'assert_malformed':
      return first?.kind === 'list'
        ? [{ kind: 'invalid', source: readModuleSource(first, source) }]
        : [];
    case 'assert_unlinkable':
      return first?.kind === 'list'
        ? [{ kind: 'unlinkable', source: readModuleSource(first, source) }]
        : [];
    default:
      throw new UnreadableScript(`Cannot read script: "${headOf(list)}" must be a known command`);
  }
}

function readModule(list: List, source: string): Command {
  const words = list.items.slice(1).map(wordOf);
  if (words[0] === 'instance') return { kind: 'instance', name: words[1], of: words[2] };
  const kind = words[0] === 'definition' ? 'definition' : 'module';
  return { kind, source: readModuleSource(list, source) };
}

/** What is expected need not be read: it is what the original does. */
function readAssertion(subject: List, source: string): Command {
  if (headOf(subject) !== 'module') return { kind: 'action', action: readAction(subject) };
  return { kind: 'uninstantiable', source: readModuleSource(subject, source) };
}

function readAction(list: List): Action {
  const [, ...rest] = list.items;
  const name = rest.find((item) => item.kind === 'text');
  const values = rest.flatMap((item) => (item.kind === 'list' ? [readConstant(item)] : []));
  return {
    kind: headOf(list) === 'get' ? 'get' : 'invoke',
    module: wordOf(rest[0]),
    name: name?.kind === 'text' ? Buffer.from(name.bytes, 'latin1').toString('utf8') : '',
    values: values.every((value) => value !== undefined) ? values : undefined,
  };
}

function wordOf(item: List['items'][number] | undefined): string | undefined {
  return item?.kind === 'atom' ? item.text : undefined;
}
