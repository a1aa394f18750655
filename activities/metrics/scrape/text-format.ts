/** One line of a page of metrics. `time`: ms since the epoch, where the page gives one. */
export type Sample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly time: number | null;
};

/** `text`: Prometheus' text format 0.0.4 and 1.0.0; `openmetrics`: OpenMetrics 1.0, whose times are seconds. */
export type PageFormat = 'text' | 'openmetrics';

/** Why a page can't be used; `line` counts from 1. */
export type PageFault = { readonly fault: string; readonly line: number };

const numeric = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** As Go reads it: also `NaN` and `+Inf`; `null`: no number. */
const numberOf = (text: string): number | null => {
  if (numeric.test(text)) return Number(text);
  const word = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i.exec(text);
  if (word === null) return null;
  if (word[2] !== undefined) return Number.NaN;
  return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
};

const timeOf = (text: string, format: PageFormat): number | null => {
  const number = numeric.test(text) ? Number(text) : null;
  return number === null ? null : Math.round(format === 'openmetrics' ? number * 1000 : number);
};

const unescape = (inner: string): string =>
  inner.replace(/\\([\\"n])/g, (_all, char: string) => (char === 'n' ? '\n' : char));

const quoted = /"((?:[^"\\]|\\.)*)"/y;
const bareLabel = /[A-Za-z_][A-Za-z0-9_]*/y;
const bareName = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const blanks = /[ \t]*/y;

/** Reads one line from the left. */
class Line {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) this.at = pattern.lastIndex;
    return found;
  }

  take(char: string): boolean {
    this.match(blanks);
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }
}

type Braces = { readonly name: string | null; readonly labels: Readonly<Record<string, string>> };

/** `{a="b",c="d",}`; a quoted text by itself is the metric's name, a quoted label is a label (text format 1.0.0). */
const readBraces = (line: Line): Braces | null => {
  // No prototype: a label may be called `__proto__`.
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  let name: string | null = null;
  while (!line.take('}')) {
    const inQuotes = line.match(quoted);
    const label = inQuotes === null ? line.match(bareLabel)?.[0] : unescape(inQuotes[1] ?? '');
    if (label === undefined) return null;
    if (line.take('=')) {
      line.match(blanks);
      const value = line.match(quoted)?.[1];
      if (value === undefined || label in labels) return null;
      labels[label] = unescape(value);
    } else if (inQuotes !== null && name === null) name = label;
    else return null;
    if (line.take(',')) line.match(blanks);
    else if (line.text[line.at] !== '}') return null;
  }
  return { name, labels };
};

const readSample = (text: string, format: PageFormat): Sample | null => {
  const line = new Line(text);
  const before = line.match(bareName)?.[0] ?? null;
  const apart = before === null || /[ \t{]/.test(line.text[line.at] ?? '');
  const braces = line.take('{') ? readBraces(line) : { name: null, labels: {} };
  if (!apart || braces === null || (before === null) === (braces.name === null)) return null;
  // An exemplar, or in the text format a comment of the same form, follows a hash.
  const [rest = ''] = line.text.slice(line.at).split(' # ', 1);
  const [valueText = '', timeText, ...more] = rest.trim().split(/[ \t]+/);
  const value = numberOf(valueText);
  const time = timeText === undefined ? null : timeOf(timeText, format);
  if (value === null || more.length > 0 || (timeText !== undefined && time === null)) return null;
  return { name: before ?? braces.name ?? '', labels: braces.labels, value, time };
};

/**
 * Reads a page of metrics. A page that was cut off is a fault, and so is a line that is neither a sample nor a comment:
 * what is missing from a page would be read as nothing.
 *
 * Sources: Prometheus, "Exposition formats"; OpenMetrics 1.0, "Text format".
 */
export const parsePage = (page: string, format: PageFormat): readonly Sample[] | PageFault => {
  const lines = page.split('\n');
  const last = lines.pop();
  if (last !== '' && !(format === 'openmetrics' && last === '# EOF'))
    return { fault: 'ends within a line', line: lines.length + 1 };
  if (format === 'openmetrics' && last === '' && lines.at(-1)?.trim() !== '# EOF')
    return { fault: 'ends without "# EOF"', line: lines.length };
  const samples: Sample[] = [];
  for (const [i, line] of lines.entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const sample = readSample(text, format);
    if (sample === null) return { fault: `is not in the format: ${text.slice(0, 120)}`, line: i + 1 };
    samples.push(sample);
  }
  return samples;
};
