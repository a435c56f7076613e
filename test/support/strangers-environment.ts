/**
 * The environment of somebody who types a command in a fresh shell.
 *
 * @module
 */

/** Without what npm and vitest have put there for their own children. */
export function strangersEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|VITE_|NODE_|TEST$|INIT_CWD$|SALLYPORT_)/.test(name),
  );
  const path = (process.env.PATH ?? '')
    .split(':')
    .filter((folder) => !/node_modules\/\.bin|node-gyp-bin/.test(folder))
    .join(':');
  return { ...Object.fromEntries(entries), PATH: path };
}
