/**
 * The names of the gateway's own tools: no plugin may have a tool of such a name.
 *
 * @module
 */

export const LOAD_SKILL = 'load-skill';
export const REMEMBER = 'memory-remember';
export const RECALL = 'memory-recall';
export const FORGET = 'memory-forget';
export const SEARCH = 'memory-search';

export const BUILT_IN_TOOLS = [LOAD_SKILL, REMEMBER, RECALL, FORGET, SEARCH] as const;
