/**
 * `executor.toml`: what the owner of this machine lets it do, whatever a gateway asks for. Without
 * the file nothing is allowed.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod';
import type { CapabilityRules } from '../core/capabilities/capability-set.ts';
import { isHostAndPort } from '../core/capabilities/host-and-port.ts';
import { type CapabilityPattern, parsePattern } from '../core/capabilities/pattern.ts';
import { toResource } from '../core/capabilities/resource.ts';
import { readShape } from '../core/errors/pointer-errors.ts';
import {
  type ExecutorLimits,
  executorLimitWishesSchema,
} from '../core/manifest/executor-limits.ts';
import { denyListSchema } from '../core/policy/pattern-lists.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { isOpenToChange } from './executor-home.ts';

export interface LocalPolicy {
  /** Folder with one folder for each plugin. */
  readonly pluginFolder: string;
  /** Names of the plugins that may run. */
  readonly plugins: readonly string[];
  readonly tiers: readonly ('process' | 'container')[];
  /** Calls that run at once. */
  readonly slots: number;
  /** Folders that plugins may be given. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** All of the above and programs and hosts, as capabilities. */
  readonly rules: CapabilityRules;
  readonly limits: Partial<ExecutorLimits>;
  readonly container: ContainerPolicy;
  /** `host:port` of private services that the proxy may reach. */
  readonly privateHosts: readonly string[];
}

/** How containers are run. */
export interface ContainerPolicy {
  /** `engine`: Podman or Docker, by its socket; `bundle`: runc or crun directly, as root. */
  readonly driver: 'engine' | 'bundle';
  readonly socket: string;
  /** `runsc` for gVisor; else the engine's own, or the first of runc and crun that is found. */
  readonly runtime?: string;
  /** `bundle`: registries that images may be pulled from, `docker.io`. None: the image lies beside its plugin. */
  readonly registries: readonly string[];
  /** File with names and passwords for them, as Docker writes it. */
  readonly credentials?: string;
}

const absolute = z.string().refine(isAbsolute, 'must be an absolute path');

/** `host:port`, in which any part may be or begin with a star. */
const HOST = /^(\[[0-9a-f:]+\]|[a-z0-9.*-]+):([0-9]{1,5}|\*)$/;

const policySchema = z.strictObject({
  plugin_folder: absolute,
  plugins: z.array(z.string()).default([]),
  tiers: z.array(z.enum(['process', 'container'])).default(['process']),
  slots: z.int().min(1).max(64).default(4),
  deny: denyListSchema.prefault([]),
  paths: z
    .strictObject({ read: z.array(absolute).default([]), write: z.array(absolute).default([]) })
    .prefault({}),
  network: z
    .strictObject({
      allow: z.array(z.string().regex(HOST, 'must be host:port')).default([]),
      private: z
        .array(z.string().refine(isHostAndPort, 'must be host:port, each by itself'))
        .default([]),
    })
    .prefault({}),
  programs: z
    .strictObject({
      allow: z.array(z.string().regex(/^[/*]/, 'must be an absolute path or "*"')).default([]),
      shells: z.boolean().default(false),
    })
    .prefault({}),
  secrets: z.array(z.string()).default([]),
  container: z
    .strictObject({
      driver: z.enum(['engine', 'bundle']).default('engine'),
      socket: absolute.default(`/run/user/${process.getuid?.() ?? 0}/podman/podman.sock`),
      runtime: z.string().exactOptional(),
      registries: z
        .array(z.string().regex(/^[a-z0-9.-]+(:[0-9]{1,5})?$/, 'must be a host'))
        .default([]),
      credentials: absolute.exactOptional(),
    })
    .prefault({}),
  limits: executorLimitWishesSchema.prefault({}),
});

type Written = z.infer<typeof policySchema>;

/** The error is a sentence for the operator, with each place that is wrong. */
export function readLocalPolicy(path: string): Result<LocalPolicy, string> {
  let text: string;
  try {
    if (isOpenToChange(path)) {
      return err(
        `Cannot use the policy: "${path}", and the folder that it is in, must be writable by its owner alone`,
      );
    }
    text = readFileSync(path, 'utf8');
  } catch {
    return err(`Cannot read the policy: "${path}" must exist; see docs/executor.md`);
  }
  return parseLocalPolicy(text);
}

export function parseLocalPolicy(text: string): Result<LocalPolicy, string> {
  let toml: unknown;
  try {
    toml = parse(text);
  } catch (thrown) {
    const [line] = thrown instanceof Error ? thrown.message.split('\n') : [];
    return err(`Cannot read the policy: it must be TOML (${line ?? ''})`);
  }
  const read = readShape(policySchema, toml);
  if (!read.ok) {
    const places = read.error.map(({ pointer, detail }) => `"${toKey(pointer)}" ${detail}`);
    return err(`Cannot read the policy: ${places.join('; ')}`);
  }
  const rules = toRules(read.value);
  return rules.ok ? ok(toPolicy(read.value, rules.value)) : rules;
}

/** As TOML writes the way to a value. */
function toKey(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
}

function toPolicy(written: Written, rules: CapabilityRules): LocalPolicy {
  const { plugin_folder, plugins, tiers, slots, paths, network, container, limits } = written;
  return {
    pluginFolder: resolve(plugin_folder),
    ...{ plugins, tiers, slots, rules, container, limits },
    reads: [...paths.read, ...paths.write].map((path) => resolve(path)),
    writes: paths.write.map((path) => resolve(path)),
    privateHosts: network.private,
  };
}

/** What is written in the table, as patterns of the one notation that decides. */
function toRules({
  paths,
  network,
  programs,
  secrets,
  deny,
}: Written): Result<CapabilityRules, string> {
  const texts = [
    'tool:call:*',
    ...[...paths.read, ...paths.write].flatMap((path) => below('tool:file:read', path)),
    ...paths.write.flatMap((path) => below('tool:file:write', path)),
    ...network.allow.flatMap((host) => hostPatterns(host)),
    ...programs.allow.map((path) => `tool:exec:${programPattern(path)}`),
    ...(programs.shells ? ['tool:exec:shell'] : []),
    ...secrets.map((name) => `system:secret:use:${name}`),
  ];
  const allow: CapabilityPattern[] = [];
  for (const text of texts) {
    const pattern = parsePattern(text);
    if (!pattern.ok) return err(`Cannot read the policy: ${pattern.error.message}`);
    allow.push(pattern.value);
  }
  // A star takes in everything, shells too; they are to be named.
  const shells = parsePattern('tool:exec:shell');
  const denied = !programs.shells && shells.ok ? [...deny, shells.value] : deny;
  return ok({ allow, deny: denied });
}

/** A folder and everything in it, as patterns. */
export function below(family: string, path: string): readonly string[] {
  const folder = resourceOf(resolve(path));
  return [`${family}:${folder}`, `${family}:${folder === '/' ? '' : folder}/*`];
}

/** A program, all of a folder by a star at its end, or all there are. */
function programPattern(path: string): string {
  if (path === '*') return path;
  return path.endsWith('/*') ? `${resourceOf(path.slice(0, -2))}/*` : resourceOf(path);
}

/** A path that cannot be written gives a pattern that is refused. */
function resourceOf(path: string): string {
  const written = toResource('path', path);
  return written.ok ? written.value : '';
}

function hostPatterns(text: string): readonly string[] {
  const [, host = '', port = ''] = HOST.exec(text) ?? [];
  const name = host.replaceAll(/[[\]]/g, '').replaceAll(':', '%3A');
  return [`tool:network:http:${name}:${port}`, `tool:network:websocket:${name}:${port}`];
}
