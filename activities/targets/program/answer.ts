import { z } from 'zod';
import type { ErrorCode } from '../../../runbooks/errors.ts';
import { SluiceError } from '../../../runbooks/errors.ts';
import { fillIn } from '../../../runbooks/targets/command-values.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import { readSecret } from '../../secrets.ts';
import type { Environment } from '../../secrets.ts';
import { messageOf } from '../practice/system-code.ts';
import { outputLimit, runProgram } from './run-program.ts';
import type { Ran } from './run-program.ts';

export type ProgramSettings = {
  readonly directory: string;
  /** Variables by reference. */
  readonly env: Readonly<Record<string, string>>;
  readonly within: number;
};

/** One thing to be done by a program: `what` names it in messages, `values` are its placeholders. */
export type ProgramCall = {
  readonly what: string;
  readonly argv: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

/** What a program gets of the worker's own environment: no secret of the worker's is among it. */
const passedOn = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

const fail = (code: ErrorCode, message: string, hint: string, cause?: unknown): SluiceError =>
  new SluiceError({ code, message, hint }, { cause });

/** For a message: one line, no control characters, no secret, not long. */
const shown = (text: string, secrets: readonly string[]): string => {
  const hidden = secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  const plain = hidden.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]+/g, ' ').trim();
  return plain.length <= 300 ? plain : `…${plain.slice(-300)}`;
};

/**
 * Runs a program and reads its answer: JSON on its last line that `schema` knows to the letter.
 *
 * @throws SluiceError TARGET_UNAVAILABLE (it failed, took too long, or is not there: try again),
 * TARGET_ANSWER_INVALID (it answered, but with something else: trying again says the same), or what it refuses with
 */
export const askProgram = async <T extends z.ZodType>(
  settings: ProgramSettings,
  call: ProgramCall,
  schema: T,
  environment: Environment = process.env,
): Promise<z.output<T>> => {
  const secrets = await resolved(settings.env, environment);
  const own = passedOn.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const ran = await runProgram({
    argv: fillIn(call.argv, call.values),
    directory: settings.directory,
    env: { ...Object.fromEntries(own), ...secrets, ...marks(call.values) },
    withinMs: settings.within,
    signal: call.signal,
  });
  call.signal?.throwIfAborted();
  const hidden = Object.values(secrets);
  const output = outputOf(ran, call, settings, hidden);
  return parseAnswer(output, call.what, schema, hidden);
};

/** What names the write, also for programs whose arguments are fixed. */
const marks = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (['rollout', 'key', 'fence'] as const).flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [[`SLUICE_${name.toUpperCase()}`, value]];
    }),
  );

const resolved = async (
  references: Readonly<Record<string, string>>,
  environment: Environment,
): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(references).map(async ([name, reference]) => {
        const secret = await readSecret(reference, environment, ({ message, hint }, cause) =>
          fail('TARGET_UNAVAILABLE', message, hint, cause),
        );
        return [name, secret] as const;
      }),
    ),
  );

const outputOf = (
  ran: Ran,
  { what, argv }: ProgramCall,
  { within }: ProgramSettings,
  secrets: readonly string[],
): Buffer => {
  const program = argv[0] ?? '';
  switch (ran.is) {
    case 'done':
      return ran.output;
    case 'failed': {
      const refusal = refusalIn(ran.output);
      if (refusal !== null) throw refused(refusal, what, secrets);
      const said = shown(ran.complaint, secrets);
      throw fail(
        'TARGET_UNAVAILABLE',
        `${what} (${program}) ended with ${ran.exit}${said === '' ? '' : `: ${said}`}.`,
        'Run it by hand where the worker runs; docs/targets.md says what it has to answer.',
      );
    }
    case 'absent':
      throw fail(
        'TARGET_UNAVAILABLE',
        `${what} could not be started: ${ran.why}.`,
        'The program must be there, and executable, where the worker runs.',
      );
    case 'late':
      throw fail(
        'TARGET_UNAVAILABLE',
        `${what} (${program}) took longer than ${sayDuration(within)} and was ended.`,
        'Make it answer sooner, or give it more time with `within`.',
      );
    case 'too-much':
      throw fail(
        'TARGET_ANSWER_INVALID',
        `${what} (${program}) wrote more than ${String(outputLimit / 1024)} KiB and was ended.`,
        'Its last line must be the answer; what else it has to say belongs to stderr.',
      );
    case 'given-up':
      throw fail('TARGET_UNAVAILABLE', `${what} (${program}) was given up.`, 'It is tried again.');
    default:
      return ran satisfies never;
  }
};

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)?.trim() ?? '';

/** How any program says no, also with an exit code other than 0. */
const refusalSchema = z.strictObject({
  ok: z.literal(false),
  code: z.enum(['refused', 'fenced', 'unavailable']),
  message: z.string().min(1).max(2000),
});
type Refusal = z.output<typeof refusalSchema>;

const codes = {
  refused: 'TARGET_REFUSED',
  fenced: 'TARGET_FENCED',
  unavailable: 'TARGET_UNAVAILABLE',
} as const satisfies Readonly<Record<Refusal['code'], ErrorCode>>;

const refused = ({ code, message }: Refusal, what: string, secrets: readonly string[]): SluiceError =>
  fail(codes[code], `${what} says: ${shown(message, secrets)}`, 'The program itself said so.');

const refusalIn = (output: Buffer): Refusal | null => {
  try {
    return refusalSchema.safeParse(JSON.parse(lastLine(output.toString('utf8')))).data ?? null;
  } catch {
    // No JSON: its exit code and its complaint have to do.
    return null;
  }
};

const parseAnswer = <T extends z.ZodType>(
  output: Buffer,
  what: string,
  schema: T,
  secrets: readonly string[],
): z.output<T> => {
  const hint = 'docs/targets.md says what it has to answer: one JSON object on its last line, to the letter.';
  let answer: unknown;
  try {
    answer = JSON.parse(lastLine(new TextDecoder('utf-8', { fatal: true }).decode(output)));
  } catch (error) {
    const line = shown(lastLine(output.toString('utf8')), secrets);
    const ended = line === '' ? 'wrote nothing' : `ended with: ${line}`;
    throw fail(
      'TARGET_ANSWER_INVALID',
      `${what} did not answer with JSON (${shown(messageOf(error), secrets)}); it ${ended}`,
      hint,
    );
  }
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const refusal = refusalSchema.safeParse(answer);
  if (refusal.success) throw refused(refusal.data, what, secrets);
  const problems = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'the answer'}: ${issue.message}`);
  throw fail(
    'TARGET_ANSWER_INVALID',
    `${what} answered with something else than agreed: ${shown(problems.join('; '), secrets)}.`,
    hint,
  );
};
