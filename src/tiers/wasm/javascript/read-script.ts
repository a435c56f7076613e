/**
 * Looks at a plugin's source before it is installed, without running any of it: whether it parses,
 * what it imports, and whether it exports its tools.
 *
 * @module
 */

import type { ScriptFacts, SourceProblem } from '../../../plugin-review/script-facts.ts';
import { FUEL_EXPORT } from '../../../wasm-hardening/reserved-exports.ts';
import type { Guest } from '../isolate/guest.ts';
import { GuestStop } from '../isolate/guest-stop.ts';
import type { HostRun } from '../isolate/host-run.ts';
import type { Engine } from './engine.ts';
import { createQuietRun } from './quiet-run.ts';
import { Script } from './script.ts';

export interface ScriptUpload {
  readonly source: string;
  /** Names of the functions that its tools need. */
  readonly entries: readonly string[];
}

/** Bounded by fuel, as a hostile source may take the compiler far. */
export function readScript(
  engine: Engine,
  kernel: WebAssembly.Module,
  upload: ScriptUpload,
): ScriptFacts {
  try {
    return readFacts(engine, kernel, upload);
  } catch (thrown) {
    return refused({ message: describeLimit(thrown) });
  }
}

function readFacts(
  engine: Engine,
  kernel: WebAssembly.Module,
  { source, entries }: ScriptUpload,
): ScriptFacts {
  const compiled = attempt(kernel, (run) => Script.compile(engine, source, run));
  if (!compiled.ok) return refused(compiled.error);
  const script = compiled.value;
  const find = (name?: string) => attempt(kernel, (run) => script.findMissing(name, run));
  const unlinked = find();
  if (unlinked !== undefined) return refused({ message: unlinked });
  const missing = [...new Set(entries)].filter((name) => find(name) !== undefined);
  return { imports: [...script.imports], missing };
}

/** @throws GuestStop `fuel` where that is why it came to nothing. */
function attempt<Answer>(kernel: WebAssembly.Module, act: (run: HostRun) => Answer): Answer {
  const run = createQuietRun(kernel);
  try {
    return act(run);
  } catch (thrown) {
    throw ranDry(run.guest) ? new GuestStop('fuel') : thrown;
  }
}

function ranDry({ kernel, plugin }: Guest): boolean {
  return [kernel, plugin].some((exports) => (exports[FUEL_EXPORT]?.value ?? 0n) < 0n);
}

function refused(problem: SourceProblem): ScriptFacts {
  return { problem, imports: [], missing: [] };
}

/** Of a source that did not end by a mistake in it, but by a limit of the engine. */
function describeLimit(thrown: unknown): string {
  if (thrown instanceof GuestStop) return `it needs too much ${thrown.end} to compile`;
  if (thrown instanceof RangeError) return 'it is nested too deeply to compile';
  return 'it needs too much to compile';
}
