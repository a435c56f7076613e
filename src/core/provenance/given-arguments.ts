/**
 * What a call was given, with what its handles stand for: by this it is seen what its result merely
 * repeats.
 *
 * @module
 */

import { listTexts, readArguments } from './echoed-arguments.ts';
import { type HiddenValues, listHandles } from './handle.ts';
import { listAll } from './sensitive-arguments.ts';
import { ToldValues } from './told-values.ts';

export interface GivenArguments {
  /** All of them; nothing if they cannot be told. Read when asked, since most results never ask. */
  readonly all: () => ToldValues | undefined;
  readonly byHandles: ToldValues;
}

/** `argumentsText` as the model wrote it, with handles of this turn. */
export function readGiven(argumentsText: string, handles: HiddenValues): GivenArguments {
  const byHandles = listHandles(argumentsText).flatMap((handle) =>
    Object.hasOwn(handles, handle) ? listTexts([...listAll(handles[handle]?.value ?? null)]) : [],
  );
  const all = () => {
    const written = readArguments(argumentsText);
    return written && new ToldValues([...listTexts(written), ...byHandles]);
  };
  return { all, byHandles: new ToldValues(byHandles) };
}
