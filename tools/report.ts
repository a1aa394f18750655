/** What a person is told of an error: the message, without a stack that would hide it. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A note of progress; standard output belongs to the program that runs after the set-up. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `65` → `1 min 05 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
