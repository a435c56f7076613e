// What `wrangler.toml` says about the Worker, for the engines that do not read it. A test
// compares the two.

export const NAME = 'sallyport';

export const COMPATIBILITY_DATE = '2026-10-23';

/** Binding → class of every Durable Object. */
export const BLOCK_CLASSES = {
  SESSIONS: 'SessionBlock',
  WORKSPACES: 'WorkspaceBlock',
  AUDITS: 'AuditBlock',
  STORAGES: 'StorageBlock',
  BLOCKS: 'UserBlock',
  DIRECTORIES: 'DirectoryBlock',
  WASM_LANES: 'WasmLane',
};

/** Settings that may come from the environment of the one who starts the gateway. */
const SETTINGS = ['SALLYPORT_LEASE_MS'];

export function readSettings() {
  const given = SETTINGS.filter((name) => process.env[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, process.env[name]]));
}
