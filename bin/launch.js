// Parses on every Node that knows ES modules, so that an old one gets a sentence instead of a syntax error.
import * as modules from 'node:module';
import path from 'node:path';

/**
 * Runs one of the two programs on this process's arguments; its exit code becomes the process's.
 *
 * @param {string} name of the program, for messages
 * @param {string} entry the built module that exports `main`, relative to the package
 */
export function launch(name, entry) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 13)) {
    end(
      `${name} needs Node 22.13 or newer and this is ${process.versions.node}: install a current Node, then run it again.`,
    );
    return;
  }
  cacheCode();
  const module = new URL(`../dist/${entry}`, import.meta.url).href;
  import(module)
    .then(({ main }) => main(process.argv.slice(2)))
    .then(
      (code) => {
        process.exitCode = code;
      },
      (error) => {
        if (error.code === 'ERR_MODULE_NOT_FOUND' && error.url === module) {
          end(`${name} is not built yet: run \`npm run build\` in its checkout, then run it again.`);
        } else {
          end(error instanceof Error ? error.stack : String(error));
        }
      },
    );
}

/**
 * What V8 has compiled is kept in the user's cache folder: a third of the time of a short command is compiling. A folder
 * that can't be written is no error, and an environment without a home has none.
 */
function cacheCode() {
  const { HOME: home, XDG_CACHE_HOME: cache } = process.env;
  const base = cache !== undefined && path.isAbsolute(cache) ? cache : home && path.join(home, '.cache');
  if (base) modules.enableCompileCache(path.join(base, 'sluice', 'code'));
}

/** @param {string | undefined} sentence */
function end(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
