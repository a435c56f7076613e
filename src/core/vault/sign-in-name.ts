/**
 * The names under which settings and capabilities speak of what somebody's sign-in to a remote server has
 * brought. None of them can name a secret that somebody wrote.
 *
 * @module
 */

/** Whose tokens they are: of each principal that signed in for itself, or of the whole workspace. */
export type SignInHolder = 'principal' | 'workspace';

export interface SignInName {
  readonly plugin: string;
  readonly holder: SignInHolder;
}

const NAME = /^(shared-)?sign-in\.([a-z][a-z0-9-]{0,63})$/;

/**
 * @example
 * ```ts
 * toSignInName({ plugin: 'search', holder: 'principal' }); // 'sign-in.search'
 * toSignInName({ plugin: 'search', holder: 'workspace' }); // 'shared-sign-in.search'
 * ```
 */
export function toSignInName({ plugin, holder }: SignInName): string {
  return `${holder === 'workspace' ? 'shared-' : ''}sign-in.${plugin}`;
}

/** `undefined` for whatever is the name of something else. */
export function readSignInName(text: string): SignInName | undefined {
  const [, shared, plugin] = NAME.exec(text) ?? [];
  return plugin === undefined
    ? undefined
    : { plugin, holder: shared === undefined ? 'principal' : 'workspace' };
}
