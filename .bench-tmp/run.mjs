import { bundleWorker } from '../scripts/bundle-worker.mjs';
import { writeFileSync, mkdirSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs'; writeFileSync('.bench-tmp/code.txt', readFileSync('build/bundled/text-stats.wasm').toString('base64'));
const { modules } = await bundleWorker('.bench-tmp/w.ts', { minify: true });
rmSync('/tmp/benchdir', { recursive: true, force: true }); mkdirSync('/tmp/benchdir/do', { recursive: true });
for (const [n, m] of Object.entries(modules)) writeFileSync('/tmp/benchdir/' + n, m.contents);
const loader = process.argv[2] !== 'noloader';
writeFileSync('/tmp/benchdir/x.capnp', `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = ( services = [ (name = "main", worker = .w), (name = "do", disk = (path = "/tmp/benchdir/do", writable = true)) ], sockets = [ (name = "http", address = "127.0.0.1:8795", http = (), service = "main") ] );
const w :Workerd.Worker = ( modules = [ ${['worker.js', ...Object.keys(modules).filter(n => n !== 'worker.js')].map(n => `(name = "${n === 'worker.js' ? n : './' + n}", ${modules[n].type === 'wasm' ? 'wasm' : 'esModule'} = embed "${n}")`).join(', ')} ], compatibilityDate = "2026-10-23",
 durableObjectNamespaces = [ (className = "WasmLane", uniqueKey = "l", enableSql = true), (className = "Ws", uniqueKey = "w", enableSql = true), (className = "Ping", uniqueKey = "p", enableSql = true) ], durableObjectStorage = (localDisk = "do"),
 bindings = [ (name = "WASM_LANES", durableObjectNamespace = "WasmLane"), (name = "WORKSPACES", durableObjectNamespace = "Ws"), (name = "SESSIONS", durableObjectNamespace = "Ws"), (name = "PING", durableObjectNamespace = "Ping"), ${loader ? '(name = "LOADER", workerLoader = ()),' : ''} (name = "SALLYPORT_MASTER_KEY", text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8") ] );`);
const c = spawn('node_modules/@cloudflare/workerd-linux-64/bin/workerd', ['serve', '/tmp/benchdir/x.capnp', '--experimental'], { stdio: 'inherit' });
await new Promise(r => setTimeout(r, 1500));
import http from 'node:http';
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const get = p => new Promise((ok, no) => { http.get({ host: '127.0.0.1', port: 8795, path: p, agent }, r => { let b = ''; r.on('data', d => b += d); r.on('end', () => r.statusCode === 200 ? ok(b) : (c.kill('SIGKILL'), no(new Error(b)))); }).on('error', no); });
console.log(await get('/run'));
const cpu = () => { const f = readFileSync(`/proc/${c.pid}/stat`, 'utf8').split(') ')[1].split(' '); return (Number(f[11]) + Number(f[12])) * 10; };
async function bench(path, n, conc) { const c0 = cpu(); const lat = []; let i = 0; const t0 = performance.now(); await Promise.all(Array.from({ length: conc }, async () => { while (i++ < n) { const t = performance.now(); await get(path); lat.push(performance.now() - t); } })); const dt = performance.now() - t0; lat.sort((a, b) => a - b); return `p50 ${lat[lat.length >> 1].toFixed(2)} p99 ${lat[Math.floor(lat.length * .99)].toFixed(2)} ms, ${(n / dt * 1000).toFixed(0)}/s cpu ${((cpu() - c0) / n).toFixed(3)} ms`; }
for (const p of ['/empty', '/ping', '/put', '/run']) { await bench(p, 300, 1); console.log(p, 'c=1', await bench(p, 1500, 1), ' c=32', await bench(p, 4000, 32)); }
c.kill('SIGKILL'); process.exit(0);
