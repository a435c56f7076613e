/**
 * What a call was given, with what its handles stand for: by this it is seen what its result merely
 * repeats.
 *
 * @module
 */

import type { JsonValue } from '../primitives/json.ts';
import { listTexts, readArguments } from './echoed-arguments.ts';
import { foldedText } from './folded-text.ts';
import { type HiddenValues, listHandles } from './handle.ts';
import { listAll } from './sensitive-arguments.ts';

/** Folded, as `repeatsAny` wants them. */
export interface GivenArguments {
  /** All of them; nothing if they cannot be told. Read when asked, since most results never ask. */
  readonly all: () => readonly string[] | undefined;
  readonly byHandles: readonly string[];
}

/** `argumentsText` as the model wrote it, with handles of this turn. */
export function readGiven(argumentsText: string, handles: HiddenValues): GivenArguments {
  const byHandles = listHandles(argumentsText).flatMap((handle) =>
    Object.hasOwn(handles, handle) ? listFolded(handles[handle]?.value ?? null) : [],
  );
  const all = () => {
    const written = readArguments(argumentsText);
    return written && [...listTexts(written).map(foldedText), ...byHandles];
  };
  return { all, byHandles };
}

function listFolded(value: JsonValue): readonly string[] {
  return listTexts([...listAll(value)]).map(foldedText);
}
