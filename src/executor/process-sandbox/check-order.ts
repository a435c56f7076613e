/**
 * The early no: what is wrong with an order, before anything is made for it.
 *
 * Whoever makes orders keeps these rules already; an order that breaks one is a mistake, and is
 * never mended.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import type { SandboxOrder } from '../sandbox.ts';

/** Most files and folders in one order: each takes a descriptor and a mount. */
export const MAX_GRANTED_PATHS = 64;

const ID = /^[a-z0-9-]{1,64}$/;
const SECRET_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The sandbox's own. A grant for the host's would show what is not the plugin's to see. */
const OWN_TREES = ['/proc', '/sys', '/dev', '/run', '/job', '/plugin'];
/** These may hold grants, but never be one. */
const OWN_FOLDERS = ['/', '/tmp', '/etc', '/usr', '/bin', '/sbin', '/lib', '/lib64'];

/** That an order cannot be held to, with what must hold. */
export function refuseOrder(problem: string, options?: ErrorOptions): Fault {
  return new Fault('tier_unavailable', `Cannot run an order: ${problem}`, options);
}

/** A sentence for the executor's log; it quotes nothing that a plugin or a model wrote. */
export function findOrderProblem(order: SandboxOrder): string | undefined {
  const { argv, environment, secretFiles } = order;
  if (!ID.test(order.id)) return 'its id must be 1 to 64 of "a-z", "0-9" and "-"';
  if (argv[0]?.startsWith('/') !== true) return 'its program must be an absolute path';
  const texts = [...argv, ...Object.values(environment), ...order.reads, ...order.writes];
  if (texts.some((text) => text.includes('\0'))) return 'it must hold no NUL';
  if (!Object.keys(environment).every((name) => VARIABLE_NAME.test(name))) {
    return 'names of variables must be letters, digits and "_"';
  }
  if (!secretFiles.every(({ name }) => SECRET_NAME.test(name))) {
    return 'names of secrets must be 1 to 64 letters, digits, "_" and "-"';
  }
  if (new Set(secretFiles.map(({ name }) => name)).size < secretFiles.length) {
    return 'a secret must be named once';
  }
  return findPathProblem([...order.reads, ...order.writes]) ?? findLimitProblem(order);
}

function findPathProblem(paths: readonly string[]): string | undefined {
  if (paths.length > MAX_GRANTED_PATHS) {
    return `it must grant at most ${MAX_GRANTED_PATHS} files and folders`;
  }
  const isOwn = (path: string) =>
    OWN_FOLDERS.includes(path) ||
    OWN_TREES.some((tree) => path === tree || path.startsWith(`${tree}/`));
  return paths.some(isOwn) ? 'it must grant no folder that every sandbox has itself' : undefined;
}

function findLimitProblem({ limits }: SandboxOrder): string | undefined {
  const isLimit = (value: number) => Number.isSafeInteger(value) && value > 0;
  return Object.values(limits).every(isLimit) ? undefined : 'its limits must be whole and above 0';
}
