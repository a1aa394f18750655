import { userInfo } from 'node:os';
import { artifactSource } from '../activities/artifact/source.ts';
import { breakGlass } from '../activities/way-back/break-glass.ts';
import { SluiceError } from '../runbooks/errors.ts';
import { sayWeights } from '../runbooks/traffic.ts';
import { readConfig } from '../src/config.ts';
import { findService } from '../src/service-file/folder.ts';
import { targetsOf } from './targets.ts';

/**
 * `sluiced break-glass`: the way back without daemon, Temporal and ledger, on the machine where the target is. Returns
 * what to tell the person. @throws SluiceError with what stopped it, after its file has been written
 */
export const runBreakGlass = async (
  service: string,
  reason: string,
  environment?: string,
): Promise<string> => {
  if (reason.trim() === '')
    throw new SluiceError({
      code: 'USAGE',
      message: 'Break-glass needs a reason.',
      hint: 'Give it: --reason TEXT',
    });
  const { home, services } = readConfig(process.env);
  const { file } = await findService(services, service, 'nothing');
  const names = Object.keys(file.environments);
  const chosen = environment ?? (names.length === 1 ? names[0] : undefined);
  if (chosen === undefined || !names.includes(chosen)) {
    const message = `${service} has the environments ${names.join(', ')}.`;
    throw new SluiceError({ code: 'ENVIRONMENT_UNKNOWN', message, hint: 'Say which: --env ENVIRONMENT' });
  }
  const report = await breakGlass({
    target: targetsOf(home)(file, { service, environment: chosen }),
    service,
    environment: chosen,
    reason,
    who: userInfo().username,
    content: (release) => artifactSource(file).content(release),
    clock: () => Date.now(),
  });
  const failed = report.done.find(({ outcome }) => outcome !== 'done' && outcome !== 'left');
  if (failed !== undefined && typeof failed.outcome !== 'string') {
    const { outcome, action } = failed;
    const message = `${action.do}: ${outcome.message} Traffic: ${sayWeights(report.state.weights)}. Written down in ${report.file}.`;
    throw new SluiceError({ ...outcome, message });
  }
  const left = report.done.filter(({ outcome }) => outcome === 'left').length;
  return [
    `${service} in ${chosen}: ${sayWeights(report.state.weights)}.`,
    ...(left === 0 ? [] : [`${String(left)} flags were left as they are: set them where they are kept.`]),
    `Written down in ${report.file}. The rollout finds it so when Temporal is back.`,
  ].join('\n');
};
