import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packaged } from '../src/packaged.ts';
import { exists, hashSources, isFresh, makeFile, root } from './stamp.ts';

const entry = path.join(root, 'workflows', 'index.ts');

/**
 * Makes `dist/workflow-bundle.js`, the workflow code in one file (2–4 s), unless it is up to date. Its bytes do not
 * depend on the machine or the folder: the build id of a production worker is their hash.
 *
 * @returns whether there was anything to do
 */
export async function buildBundle(): Promise<boolean> {
  if (!(await exists(entry))) throw new Error(`${entry} is missing: there are no workflows to bundle.`);
  const hash = await hashSources(root, [
    'runbooks',
    'workflows',
    'package-lock.json',
    'tools/build-bundle.ts',
  ]);
  if (await isFresh(packaged.workflowBundle, hash)) return false;
  // Imported here because it loads the SDK's native half, which takes longer than finding that all is fresh.
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: entry,
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: (config) => ({
      ...config,
      context: root,
      // Lines without columns or contents: both would differ with the length and the name of the folder.
      devtool: 'inline-nosources-cheap-module-source-map',
      output: {
        ...config.output,
        // The default carries a hash over absolute paths.
        filename: 'workflow-bundle.js',
        devtoolModuleFilenameTemplate: ({ resourcePath }: { readonly resourcePath: string }) =>
          resourcePath.replaceAll(root, '.'),
      },
    }),
  });
  await makeFile(packaged.workflowBundle, hash, (file) => writeFile(file, code));
  return true;
}
