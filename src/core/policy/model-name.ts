/**
 * Names of models, `provider/model`, and globs over them.
 *
 * A `*` in a glob stands for any run of characters, slashes and colons included, since providers
 * put both into the names of their models. Whether a principal may call a model is a capability
 * (`provider:llm:call:<model>`) and is not decided here.
 *
 * @module
 */

/** `anthropic/claude-sonnet-4-5`, `ollama/llama3.2:3b`, `openrouter/meta/llama-4`. */
export const MODEL_NAME = /^[a-z0-9][a-z0-9-]{0,63}\/[A-Za-z0-9._/@+~=:-]{1,128}$/;

/** A model's name in which any part may be a `*`. */
export const MODEL_GLOB = /^[A-Za-z0-9._/@+~=:*-]{1,192}$/;

/** Whether the model is part of the deployment: it runs in the gateway, and costs nothing. */
export function isEmbeddedModel(model: string): boolean {
  return model.startsWith('embedded/');
}

/** Whether one of the globs takes the model. */
export function allowsModel(globs: readonly string[], model: string): boolean {
  return globs.some((glob) => matchesModel(glob, model));
}

/**
 * Whether the glob takes the model. Searches left to right and never back, so no glob is slow.
 *
 * @example
 * ```ts
 * matchesModel('anthropic/*', 'anthropic/claude-sonnet-4-5'); // true
 * matchesModel('*', 'embedded/planner');                      // true
 * matchesModel('openai/gpt-5', 'openai/gpt-5-mini');          // false
 * ```
 */
export function matchesModel(glob: string, model: string): boolean {
  const firstStar = glob.indexOf('*');
  if (firstStar === -1) return glob === model;
  const lastStar = glob.lastIndexOf('*');
  const tail = glob.slice(lastStar + 1);
  const end = model.length - tail.length;
  if (end < firstStar || !model.startsWith(glob.slice(0, firstStar)) || !model.endsWith(tail)) {
    return false;
  }
  let from = firstStar;
  for (const part of glob.slice(firstStar, lastStar).split('*')) {
    const found = model.indexOf(part, from);
    if (found === -1 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}
