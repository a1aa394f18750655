/**
 * One instance of one version of a practice service: a process with an HTTP server on a free port of the loopback
 * interface. Its parent, the plane, sends one message that says what to be, is told the port, and takes the process
 * down with it when it goes.
 */
import { parseManifest } from '../manifest.ts';
import { serveInstance } from './server.ts';
import { startMessageSchema } from './start.ts';

process.once('disconnect', () => process.exit(0));
// Ctrl-C at a plane in the foreground reaches the whole group; the plane ends its instances itself, in order.
process.on('SIGINT', () => undefined);

process.once('message', (message: unknown) => {
  const { manifest: text, instance, seed } = startMessageSchema.parse(message);
  const parsed = parseManifest(text);
  if (!parsed.ok) throw new Error(`The plane sent a manifest that is none: ${parsed.problems.join('; ')}`);
  const { manifest } = parsed;
  process.title = `practice ${manifest.service} ${instance}`;
  const server = serveInstance(manifest, instance, seed, () => process.exit(70));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address !== null && typeof address === 'object') process.send?.({ port: address.port });
  });
  // Requests in flight are finished, idle connections closed.
  process.once('SIGTERM', () => server.close(() => process.exit(0)));
});
