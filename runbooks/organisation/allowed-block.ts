import { z } from 'zod';
import { plainText } from '../names.ts';

/** Secrets that services may name. `{service}` stands for the service's name, `{SERVICE}` for it in capitals. */
export const secretsSchema = z
  .array(
    plainText(500).regex(
      /^(?:env:(?:[A-Za-z_]|\{SERVICE\})(?:[A-Za-z0-9_]|\{SERVICE\})*\*?|file:\/(?:[^*{}]|\{service\})*)$/,
      'must be env:NAME, env:PREFIX_*, file:/path, or file:/folder/ for all that lies in it; {service} may stand in a path, {SERVICE} in a name',
    ),
  )
  .max(200)
  .describe('secrets that a service may name: variables and files, or all that begin so or lie in a folder');

/** Programs that services may have run. */
export const programsSchema = z
  .array(
    plainText(500).regex(
      /^[^\s{}*]+$/,
      'must be a name such as kubectl, a path, or a folder that ends with a slash, without blanks and stars',
    ),
  )
  .max(200)
  .describe(
    'programs that a service may have run: a name that is looked up in PATH, a path, or a folder with its slash; relative to this file',
  );

/** Hosts that services may have asked. */
export const hostsSchema = z
  .array(
    plainText(300).regex(
      /^(?:(?:\*\.)?[A-Za-z0-9$_](?:[A-Za-z0-9$_.-]*[A-Za-z0-9$_])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/,
      'must be a host such as prometheus.example.com, one with its port, or *.example.com for all below it',
    ),
  )
  .max(200)
  .describe(
    'hosts that a service may have asked, for metrics, images and flags: on any port or on one, or all below a domain',
  );

/** The folder steps of a path, with `.` and `..` gone; `null`: it leads above the root. */
const stepsOf = (path: string): readonly string[] | null => {
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') steps.push(step);
    else if (steps.pop() === undefined) return null;
  }
  return steps;
};

/** Whether an absolute path is the allowed one, or lies in the allowed folder (which ends with a slash). */
export const isPathWithin = (path: string, allowed: string): boolean => {
  const steps = stepsOf(path);
  const start = stepsOf(allowed);
  if (steps === null || start === null || path.endsWith('/')) return false;
  const begins = start.every((step, i) => step === steps[i]);
  return begins && (allowed.endsWith('/') ? steps.length > start.length : steps.length === start.length);
};

/** Whether a secret may be named by that service; `null`: by some service or other. */
export const allowsSecret = (list: readonly string[], ref: string, service: string | null): boolean =>
  list.some((entry) => {
    const allowed =
      service === null ? entry.replace(/\{(?:service|SERVICE)\}.*$/, '*') : filled(entry, service);
    if (ref.startsWith('env:'))
      return allowed.endsWith('*') ? ref.startsWith(allowed.slice(0, -1)) : ref === allowed;
    if (!ref.startsWith('file:') || !allowed.startsWith('file:')) return false;
    const path = ref.slice('file:'.length);
    // Some service's folder begins here; the service itself is asked for the rest.
    if (service === null && allowed.endsWith('*')) return ref.startsWith(allowed.slice(0, -1));
    return isPathWithin(path, allowed.slice('file:'.length));
  });

const filled = (entry: string, service: string): string =>
  entry.replaceAll('{service}', service).replaceAll('{SERVICE}', service.toUpperCase().replaceAll('-', '_'));
