// Ends one instance after its requests; nothing to do where it is gone: node stop.mjs RUN-FOLDER INSTANCE.
import { running, until } from './running.mjs';

const [run, instance] = process.argv.slice(2);
const known = running(run, instance);
if (known !== null) {
  process.kill(known.pid, 'SIGTERM');
  await until(() => {
    try {
      process.kill(known.pid, 0);
      return false;
    } catch (error) {
      if (error.code === 'ESRCH') return true;
      throw error;
    }
  });
}
console.log(JSON.stringify({ ok: true }));
