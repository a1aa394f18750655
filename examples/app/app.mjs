// One instance of a small shop, as the examples run it: node app.mjs RUN-FOLDER INSTANCE DIGEST MANIFEST.
// It behaves as its manifest says (errorRate, latency, crash, routes; `kill -USR2` makes half of its answers errors, `-USR1` ends that), counts what it answers, and says which digest it runs.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';

const [run, instance, digest, manifestFile] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
const { version, latency = { medianMs: 5, p95Ms: 15 }, readyAfterMs = 0 } = manifest;
let { errorRate = 0 } = manifest;
process.on('SIGUSR2', () => (errorRate = 0.5)).on('SIGUSR1', () => ({ errorRate = 0 } = manifest));
if (manifest.crash?.afterMs === 0) process.exit(1);
const born = performance.now();

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5];
const codes = new Map([
  [200, 0],
  [500, 0],
]);
const buckets = bounds.map(() => 0);
let requests = 0;
let seconds = 0;

/** Log-normal: half of the answers are faster than the median, 1 of 20 slower than the 95th percentile. */
const latencyMs = () => {
  const sigma = Math.log(latency.p95Ms / latency.medianMs) / 1.645;
  const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return Math.min(10_000, latency.medianMs * Math.exp(sigma * normal));
};

const metrics = () => {
  const labels = `app="${manifest.service}",version="${version}"`;
  return [
    '# TYPE http_requests_total counter',
    ...[...codes].map(([code, count]) => `http_requests_total{${labels},code="${code}"} ${count}`),
    '# TYPE http_request_duration_seconds histogram',
    ...bounds.map((le, i) => `http_request_duration_seconds_bucket{${labels},le="${le}"} ${buckets[i]}`),
    `http_request_duration_seconds_bucket{${labels},le="+Inf"} ${requests}`,
    `http_request_duration_seconds_sum{${labels}} ${seconds}`,
    `http_request_duration_seconds_count{${labels}} ${requests}`,
    '',
  ].join('\n');
};

const count = (code, took) => {
  codes.set(code, (codes.get(code) ?? 0) + 1);
  requests += 1;
  seconds += took;
  bounds.forEach((le, i) => (buckets[i] += took <= le ? 1 : 0));
};

const say = (what) => console.log(JSON.stringify({ at: Date.now(), pid: process.pid, ...what }));

const server = createServer((request, response) => {
  const answer = (status, body, type = 'application/json') => {
    response.writeHead(status, { 'content-type': type, 'x-version': version, 'x-digest': digest });
    response.end(body);
  };
  const ready = readyAfterMs !== 'never' && performance.now() - born >= readyAfterMs;
  if (request.url === '/healthz') return answer(ready ? 200 : 503, JSON.stringify({ ready }));
  if (request.url === '/metrics') return answer(200, metrics(), 'text/plain; version=0.0.4');
  request.resume();
  const fixed = manifest.routes?.[request.url];
  if (fixed !== undefined) return answer(fixed.status, JSON.stringify({ version }));
  const began = performance.now();
  setTimeout(() => {
    const code = Math.random() < errorRate ? 500 : 200;
    answer(code, JSON.stringify({ version }));
    count(code, (performance.now() - began) / 1000);
  }, latencyMs());
});
// Longer than HAProxy keeps an idle connection: it is never this side that closes one about to be used.
server.keepAliveTimeout = 120_000;

server.listen(0, '127.0.0.1', () => {
  const address = `127.0.0.1:${server.address().port}`;
  mkdirSync(path.join(run, 'scrape'), { recursive: true });
  const write = (file, value) => {
    writeFileSync(`${file}.new`, JSON.stringify(value));
    renameSync(`${file}.new`, file);
  };
  // Prometheus finds it by this one (file_sd_configs), start.mjs and stop.mjs by the other.
  write(path.join(run, 'scrape', `${instance}.json`), [{ targets: [address] }]);
  write(path.join(run, `${instance}.json`), { pid: process.pid, address, digest });
  // Its log: start.mjs has put it there.
  say({ address, version });
});

process.once('SIGTERM', () => {
  rmSync(path.join(run, 'scrape', `${instance}.json`), { force: true });
  rmSync(path.join(run, `${instance}.json`), { force: true });
  // Requests under way get their answer; connections on which nobody asks are closed.
  server.close(() => {
    say({ ended: true });
    process.exit(0);
  });
  server.closeIdleConnections();
});
