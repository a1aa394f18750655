import { releaseView } from '../../api/schemas/rollout.ts';
import type { Cli } from '../command.ts';
import { span } from '../../story/text.ts';
import { print, printJson } from '../terminal.ts';

/** `sluice playbook SERVICE`: the runbook as one page of Markdown, of a version's plan or of the last rollout. */
export const playbook = async (cli: Cli, service: string): Promise<number> => {
  const { api, terminal, options } = cli;
  const page = await api.text({
    path: ['v1', 'services', service, 'playbook'],
    query: { environment: options.env, version: options.version },
    accept: 'text/markdown',
  });
  if (options.json) printJson(terminal, { markdown: page });
  else terminal.out.write(page.endsWith('\n') ? page : `${page}\n`);
  return 0;
};

/** `sluice adopt SERVICE`: what runs now becomes the first good release. */
export const adopt = async (cli: Cli, service: string): Promise<number> => {
  const { api, terminal, options } = cli;
  const release = await api.call(releaseView, {
    method: 'POST',
    path: ['v1', 'services', service, 'adopt'],
    body: options.env === undefined ? {} : { environment: options.env },
    // Adopting what is adopted already records nothing new.
    safe: true,
  });
  if (options.json) printJson(terminal, release);
  else {
    print(terminal, [
      [
        span('✓ ', 'good'),
        span(`${release.service} ${release.version} is the good release of ${release.environment}`),
      ],
      [span(`  ${release.digest}`, 'dim')],
    ]);
  }
  return 0;
};
