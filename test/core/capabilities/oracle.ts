/**
 * A second opinion on what patterns mean, written from the grammar and from nothing else.
 *
 * A pattern becomes an automaton over whole characters. Whether one pattern takes in another is
 * then decided exactly, by walking both automata over every capability that could tell them apart
 * (there are finitely many states). The project's own matcher compares text and knows no automata.
 *
 * @module
 */

interface Token {
  readonly kind: 'character' | 'run' | 'rest';
  readonly character: string;
}

interface Automaton {
  readonly tokens: readonly Token[];
  readonly alphabet: readonly string[];
}

/** A character that no test pattern spells out: what a star may always stand for. */
const FRESH = 'z';

const automata = new Map<string, Automaton>();

/** Whether every capability of `narrower` is one of `wider`. */
export function oracleCovers(wider: string, narrower: string): boolean {
  const wide = automatonOf(wider);
  const narrow = automatonOf(narrower);
  const alphabet = new Set([...wide.alphabet, ...narrow.alphabet, FRESH, ':']);

  const seen = new Set<string>();
  const open = [{ w: close(wide, 1), n: close(narrow, 1), segmentIsEmpty: true }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (!at.segmentIsEmpty && accepts(narrow, at.n) && !accepts(wide, at.w)) return false;
    for (const character of alphabet) {
      if (character === ':' && at.segmentIsEmpty) continue; // no capability has an empty segment
      const n = step(narrow, at.n, character);
      if (n === 0) continue;
      const w = step(wide, at.w, character);
      const key = `${w},${n},${character === ':'}`;
      if (seen.has(key)) continue;
      seen.add(key);
      open.push({ w, n, segmentIsEmpty: character === ':' });
    }
  }
  return true;
}

/** Sets of states are bit masks; state `i` stands before token `i`. */
function automatonOf(pattern: string): Automaton {
  const known = automata.get(pattern);
  if (known !== undefined) return known;

  const characters = pattern.match(/%../g) ? pattern.match(/%..|./g)! : [...pattern];
  if (characters.length > 30) throw new Error(`Too long for a bit mask: ${pattern}`);
  const tokens = characters.map((character, i): Token => {
    if (character !== '*') return { kind: 'character', character };
    const isLastSegment = i === characters.length - 1 && (i === 0 || characters[i - 1] === ':');
    return { kind: isLastSegment ? 'rest' : 'run', character };
  });
  const literal = tokens.filter((token) => token.kind === 'character');
  const automaton = { tokens, alphabet: literal.map((token) => token.character) };
  automata.set(pattern, automaton);
  return automaton;
}

/** Adds the states that are reached by letting a star stand for nothing. */
function close({ tokens }: Automaton, states: number): number {
  let closed = states;
  tokens.forEach((token, i) => {
    if (token.kind !== 'character' && closed & (1 << i)) closed |= 1 << (i + 1);
  });
  return closed;
}

function step(automaton: Automaton, states: number, character: string): number {
  let next = 0;
  automaton.tokens.forEach((token, i) => {
    if (!(states & (1 << i))) return;
    if (token.kind === 'character' && token.character === character) next |= 1 << (i + 1);
    if (token.kind === 'run' && character !== ':') next |= 1 << i;
    if (token.kind === 'rest') next |= 1 << i;
  });
  return close(automaton, next);
}

function accepts({ tokens }: Automaton, states: number): boolean {
  return (states & (1 << tokens.length)) !== 0;
}
