// What `wrangler.toml` says about the Worker, for the engines that do not read it. A test
// compares the two.

export const NAME = 'sallyport';

export const COMPATIBILITY_DATE = '2026-10-23';

/**
 * A request's signal tells of a client that has left. On Cloudflare, `fetch` to a host of the Worker's own zone
 * comes in through the front door: without that, it reaches the origin past Access and the firewall.
 */
export const COMPATIBILITY_FLAGS = ['enable_request_signal', 'global_fetch_strictly_public'];

/** Binding → class of every Durable Object. */
export const BLOCK_CLASSES = {
  SESSIONS: 'SessionBlock',
  WORKSPACES: 'WorkspaceBlock',
  AUDITS: 'AuditBlock',
  APPROVALS: 'ApprovalsBlock',
  STORAGES: 'StorageBlock',
  BLOCKS: 'UserBlock',
  DIRECTORIES: 'DirectoryBlock',
  WASM_LANES: 'WasmLane',
  NODES: 'NodeBlock',
  SCHEDULES: 'ScheduleBlock',
  CHANNELS: 'ChannelBlock',
  VAULTS: 'VaultBlock',
  MEMORIES: 'MemoryBlock',
  SESSION_INDEXES: 'SessionIndexBlock',
};

/** Settings that may come from the environment of the one who starts the gateway. */
const SETTINGS = [
  'SALLYPORT_AUDIENCES',
  'SALLYPORT_BEHIND_CLOUDFLARE',
  'SALLYPORT_HOSTS',
  'SALLYPORT_LEASE_MS',
  'SALLYPORT_OTLP_ENDPOINT',
];

/** What comes after it is the name by which blocks with `CAP_ENV` read it. */
const BLOCK_SETTING = 'SALLYPORT_ENV_';

export function readSettings() {
  const isSetting = (name) => SETTINGS.includes(name) || name.startsWith(BLOCK_SETTING);
  const given = Object.keys(process.env).filter(isSetting);
  return Object.fromEntries(given.map((name) => [name, process.env[name]]));
}
