/**
 * Reads the parentheses of a script of the specification suite.
 *
 * The source is a string of one character a byte, so that a piece of it can be handed on exactly
 * as it stands in the file.
 */

export type Expression = Atom | Text | List;

export interface Atom {
  readonly kind: 'atom';
  readonly text: string;
}

export interface Text {
  readonly kind: 'text';
  /** One character a byte, escapes resolved. */
  readonly bytes: string;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Expression[];
  /** Where it stands in the source, parentheses included. */
  readonly start: number;
  readonly end: number;
}

/** The script is not written in what this reads. */
export class UnreadableScript extends Error {}

export function readScript(source: string): readonly List[] {
  const reader = new Reader(source);
  const lists: List[] = [];
  for (let next = reader.read(); next !== undefined; next = reader.read()) {
    if (next.kind !== 'list')
      throw new UnreadableScript(`Cannot read script: stray "${JSON.stringify(next)}"`);
    lists.push(next);
  }
  return lists;
}

/** The first word of a list. */
export function headOf(list: List): string {
  const [head] = list.items;
  return head?.kind === 'atom' ? head.text : '';
}

/** An atom may hold text, as `$"a name"` does; annotations hold anything at all. */
const ATOM = /(?:[^\s()";]|;(?![;)])|"(?:[^"\\]|\\.)*")+/y;
const SPACE = /(?:\s|;;[^\n]*)+/y;
const TEXT = /"((?:[^"\\]|\\.)*)"/sy;

class Reader {
  private readonly source: string;
  private position = 0;

  constructor(source: string) {
    this.source = source;
  }

  /** Nothing at the end of the source or of the list at hand. */
  read(): Expression | undefined {
    this.skipSpace();
    const next = this.source[this.position];
    if (next === undefined || next === ')') return undefined;
    if (next === '(') return this.readList();
    if (next === '"') return { kind: 'text', bytes: resolveEscapes(this.match(TEXT)[1] ?? '') };
    return { kind: 'atom', text: this.match(ATOM)[0] };
  }

  private readList(): List {
    const start = this.position++;
    const items: Expression[] = [];
    for (let next = this.read(); next !== undefined; next = this.read()) items.push(next);
    if (this.source[this.position] !== ')')
      throw new UnreadableScript(`Cannot read script: ")" is missing`);
    this.position += 1;
    return { kind: 'list', items, start, end: this.position };
  }

  private match(what: RegExp): RegExpExecArray {
    what.lastIndex = this.position;
    const found = what.exec(this.source);
    if (found === null) throw new UnreadableScript(`Cannot read script at byte ${this.position}`);
    this.position = what.lastIndex;
    return found;
  }

  private skipSpace(): void {
    for (;;) {
      SPACE.lastIndex = this.position;
      if (SPACE.test(this.source)) this.position = SPACE.lastIndex;
      else if (this.source.startsWith('(;', this.position)) this.skipComment();
      else return;
    }
  }

  private skipComment(): void {
    let depth = 0;
    do {
      const here = this.source.slice(this.position, this.position + 2);
      if (here === '') throw new UnreadableScript('Cannot read script: a comment is not closed');
      if (here === '(;') depth += 1;
      if (here === ';)') depth -= 1;
      this.position += here === '(;' || here === ';)' ? 2 : 1;
    } while (depth > 0);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function resolveEscapes(text: string): string {
  return text.replace(
    /\\(?:u\{([0-9a-fA-F_]+)\}|([0-9a-fA-F]{2})|(.))/gs,
    (_, unicode?: string, byte?: string, other?: string) => {
      if (unicode !== undefined)
        return Buffer.from(
          String.fromCodePoint(Number.parseInt(unicode.replaceAll('_', ''), 16)),
          'utf8',
        ).toString('latin1');
      if (byte !== undefined) return String.fromCharCode(Number.parseInt(byte, 16));
      return ESCAPES[other ?? ''] ?? other ?? '';
    },
  );
}
