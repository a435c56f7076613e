/**
 * Reads a hardened module as text and finds whatever touches the fuel counter and is not ours.
 *
 * The shapes in which fuel is taken are written down here a second time, and by hand, so that a
 * slip in what is written cannot hide in what is expected.
 */

import type { HardenedModule } from '../../../src/wasm-hardening/harden.ts';
import { disassemble } from './wat.ts';

const TRAP_IF_NEGATIVE = String.raw`i64\.const 0\s+i64\.lt_s\s+if(?:\s+;; label = @\d+)?\s+unreachable\s+end`;

interface Shapes {
  readonly charge: RegExp;
  readonly loopCharge: RegExp;
  readonly copy: RegExp;
  readonly helperCharge: RegExp;
}

function shapesOf(fuel: string): Shapes {
  const shape = (text: string) => new RegExp(text.replaceAll(' ', String.raw`\s+`), 'g');
  return {
    charge: shape(
      String.raw`global\.get ${fuel} i64\.const [1-9]\d* i64\.sub global\.set ${fuel} global\.get ${fuel} ${TRAP_IF_NEGATIVE}`,
    ),
    loopCharge: shape(
      String.raw`local\.get (\d+) i64\.const [1-9]\d* i64\.sub local\.tee \1 global\.set ${fuel} local\.get \1 ${TRAP_IF_NEGATIVE}`,
    ),
    copy: shape(String.raw`global\.get ${fuel} local\.set (\d+)\b`),
    helperCharge: shape(
      String.raw`i64\.shr_u i64\.sub global\.set ${fuel} global\.get ${fuel} ${TRAP_IF_NEGATIVE}`,
    ),
  };
}

/** Sentences about what must not be there, and is. */
export function foreignUsesOfFuel(hardened: HardenedModule): readonly string[] {
  const text = disassemble(hardened.bytes);
  const fuel = text.match(/\(export "__sallyport_fuel" \(global (\d+)\)\)/)?.[1];
  if (fuel === undefined) return ['the fuel is not exported'];
  const [head = '', ...functions] = text.split(/\n {2}\(func \(;/);
  const firstAppended = hardened.imports.length + hardened.functionCount;
  const own = functions.filter((body) => Number.parseInt(body, 10) < firstAppended);
  const findings = own.map((body) => findIn(body, { fuel, firstAppended }));
  const charges = findings.reduce((sum, { charges }) => sum + charges, 0);
  return [
    ...findings.flatMap(({ foreign }) => foreign),
    ...foreignDeclarations(head + (functions.at(-1) ?? ''), { fuel, firstAppended }),
    ...foreignInAppended(functions.slice(own.length), fuel),
    ...(charges === hardened.chargeCount ? [] : [`${charges} charges, not the number stated`]),
  ];
}

interface Place {
  readonly fuel: string;
  readonly firstAppended: number;
}

function findIn(body: string, { fuel, firstAppended }: Place) {
  const shapes = shapesOf(fuel);
  const loopCharges = [...body.matchAll(shapes.loopCharge)];
  const copies = [...body.matchAll(shapes.copy)];
  const fixed = (body.match(shapes.charge) ?? []).length + loopCharges.length;
  const rest = [shapes.charge, shapes.loopCharge, shapes.copy].reduce(
    (left, shape) => left.replace(shape, ' '),
    body,
  );
  const foreign: string[] = [];
  const inFunction = (what: string) => `function ${Number.parseInt(body, 10)}: ${what}`;
  if (new RegExp(String.raw`global\.(?:get|set) ${fuel}\b`).test(rest))
    foreign.push(inFunction('touches the fuel'));

  const locals = new Set([...loopCharges, ...copies].map(([, local]) => local));
  if (locals.size > 1) foreign.push(inFunction('keeps copies in several locals'));
  for (const local of locals)
    if (new RegExp(String.raw`local\.(?:get|set|tee) ${local}\b`).test(rest))
      foreign.push(inFunction('touches the copy of the fuel'));

  const calls = [...rest.matchAll(/\b(call|return_call|ref\.func) (\d+)\b/g)]
    .filter(([, , index]) => Number(index) >= firstAppended)
    .map(([, how, index]) => `${how} ${Number(index) - firstAppended}`);
  const byLength = rest.match(/\b(?:memory|table)\.(?:fill|copy|init|grow)\b/g) ?? [];
  if (calls.length !== byLength.length || calls.some((call) => !/^call [012]$/.test(call)))
    foreign.push(inFunction(`refers to our functions by ${calls.join()}`));
  return { foreign, charges: fixed + calls.length };
}

function foreignDeclarations(declarations: string, { fuel, firstAppended }: Place) {
  const foreign: string[] = [];
  const exported = declarations.match(
    new RegExp(String.raw`\(export "[^"]*" \(global ${fuel}\)\)`, 'g'),
  );
  if (exported?.length !== 1) foreign.push('the fuel is exported under several names');
  const named = [...declarations.matchAll(/\(export "[^"]*" \(func (\d+)\)\)|\bref\.func (\d+)/g)];
  const listed = [...declarations.matchAll(/\(elem [^\n]* func((?: \d+)+)\)/g)].flatMap(
    ([, indices = '']) => indices.trim().split(' '),
  );
  for (const index of [...named.map(([, a, b]) => a ?? b), ...listed])
    if (Number(index) >= firstAppended)
      foreign.push(`function ${index} is ours and is referred to`);
  if (/\(start /.test(declarations)) foreign.push('a start function is left');
  return foreign;
}

/** Three helpers take fuel once each; all others are not called and touch nothing. */
function foreignInAppended(bodies: readonly string[], fuel: string): readonly string[] {
  return bodies.flatMap((body, index) => {
    const charges = body.match(shapesOf(fuel).helperCharge)?.length ?? 0;
    const uses =
      body.match(new RegExp(String.raw`global\.(?:get|set) ${fuel}\b`, 'g'))?.length ?? 0;
    const expected = index < 3 ? [1, 3] : [0, 0];
    return charges === expected[0] && uses === expected[1] ? [] : [`our function ${index} is odd`];
  });
}
