/**
 * The host functions by groups: where modules import them from, which of them wait, and which module
 * of ours provides them. An isolate gets the groups of which its plugin imports something, and no
 * other code: it reads and compiles all of it before its first call.
 *
 * A new group is a new line in the table. What modules may import at all is listed once more in
 * `wasm-hardening/host-functions.ts`, against which every upload is reviewed.
 *
 * @module
 */

/** Modules of ours, as the build names them. */
type GroupFile = 'isolate' | 'text' | 'http' | 'storage' | 'wasi' | 'ambient';

/** What makes the functions: an export of one of those modules. */
export type Provider =
  | 'ambientFunctions'
  | 'assemblyScriptFunctions'
  | 'httpFunctions'
  | 'memoryFunctions'
  | 'storageFunctions'
  | 'textFunctions'
  | 'wasiFunctions';

export interface HostGroup {
  /** Several groups may be of the same module. */
  readonly module: string;
  /** What of it is of the group; absent if all is. */
  readonly names?: ReadonlySet<string>;
  /** Whether its functions need the lane: the plugin's Wasm stack sleeps meanwhile. */
  readonly waits?: true;
  readonly file: GroupFile;
  readonly provide: Provider;
}

const EXTISM_MODULE = 'extism:host/env';

const TEXT_NAMES = new Set([
  ...['get_log_level', 'log_trace', 'log_debug', 'log_info', 'log_warn', 'log_error'],
  ...['config_get', 'var_get', 'var_set'],
]);

const HTTP_NAMES = new Set(['http_request', 'http_status_code', 'http_headers']);

const WASI_MODULE = 'wasi_snapshot_preview1';

const AMBIENT_NAMES = new Set([
  ...['clock_res_get', 'clock_time_get', 'random_get', 'poll_oneoff', 'sched_yield'],
]);

const GROUPS: readonly HostGroup[] = [
  { module: EXTISM_MODULE, file: 'isolate', provide: 'memoryFunctions' },
  { module: EXTISM_MODULE, names: TEXT_NAMES, file: 'text', provide: 'textFunctions' },
  {
    ...{ module: EXTISM_MODULE, names: HTTP_NAMES, waits: true },
    ...{ file: 'http', provide: 'httpFunctions' },
  },
  { module: 'extism:host/user', waits: true, file: 'storage', provide: 'storageFunctions' },
  { module: WASI_MODULE, file: 'wasi', provide: 'wasiFunctions' },
  { module: WASI_MODULE, names: AMBIENT_NAMES, file: 'ambient', provide: 'ambientFunctions' },
  { module: 'env', file: 'isolate', provide: 'assemblyScriptFunctions' },
];

type Import = Pick<WebAssembly.ModuleImportDescriptor, 'module' | 'name'>;

/** The groups that a module imports something of. */
export function groupsOf(imports: readonly Import[]): readonly HostGroup[] {
  return GROUPS.filter((group) =>
    imports.some(({ module, name }) => module === group.module && (group.names?.has(name) ?? true)),
  );
}

/** Whether a module needs a host that it can wait for. */
export function waitsForHost(groups: readonly HostGroup[]): boolean {
  return groups.some(({ waits }) => waits !== undefined);
}
