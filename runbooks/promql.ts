import { SluiceError } from './errors.ts';

/** A piece of a PromQL text. `pattern`: the string is the right side of `=~` or `!~`, so a regular expression. */
type Piece =
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string; readonly value: string; readonly pattern: boolean };

/** What stands for the version of the arm that is read; `$versions` is another word. */
const placeholder = /\$version(?![A-Za-z0-9_])/g;

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', "'": "'", '"': '"' },
};

const codePoint = (digits: string, base: number): string | null => {
  const code = Number.parseInt(digits, base);
  return code > 0x10ffff ? null : String.fromCodePoint(code);
};

/** The text that a string in quotes stands for (Go's escapes); `null`: an escape that PromQL doesn't know. */
const unquote = (inner: string): string | null => {
  const unknown: string[] = [];
  const value = inner.replace(
    /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3})|([\s\S]))/g,
    (all, two?: string, four?: string, eight?: string, octal?: string, one?: string) => {
      const hex = two ?? four ?? eight;
      const named = one === undefined ? null : (escapes[one] ?? null);
      const found =
        hex !== undefined ? codePoint(hex, 16) : octal !== undefined ? codePoint(octal, 8) : named;
      if (found === null) unknown.push(all);
      return found ?? '';
    },
  );
  return unknown.length === 0 ? value : null;
};

const lexeme = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`|#[^\n]*|[^"'`#]+|["'`]/y;

/** Takes a PromQL text apart; `null`: a string in it doesn't end or holds an unknown escape. */
export const lexPromql = (text: string): readonly Piece[] | null => {
  const pieces: Piece[] = [];
  let before = '';
  lexeme.lastIndex = 0;
  for (let found = lexeme.exec(text); found !== null; found = lexeme.exec(text)) {
    const [part] = found;
    const first = part.charAt(0);
    if (first === '#') pieces.push({ kind: 'comment', text: part });
    else if ('"\'`'.includes(first)) {
      const inner = part.slice(1, -1);
      const value = part.length < 2 ? null : first === '`' ? inner : unquote(inner);
      if (value === null) return null;
      pieces.push({ kind: 'string', text: part, value, pattern: /[=!]~\s*$/.test(before) });
      before = '';
    } else {
      pieces.push({ kind: 'code', text: part });
      before += part;
    }
  }
  return pieces;
};

/** As PromQL writes a text: in double quotes, everything unusual escaped. */
export const quotePromql = (text: string): string => {
  const safe = text.replace(/["\\\u0000-\u001f\u007f-\u009f]/g, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    return char === '\n' ? '\\n' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${safe}"`;
};

/** A text as a pattern that matches it alone (RE2 and JavaScript agree on these). */
export const literalPattern = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

/** Puts the version into the value of a label; in a pattern it stands for itself, dots included. */
export const fillValue = (value: string, version: string, pattern: boolean): string =>
  value.replace(placeholder, () => (pattern ? literalPattern(version) : version));

export const namesVersion = (text: string): boolean => text.search(placeholder) !== -1;

/** Why `$version` can't be filled in; `null`: it can. */
export const versionFault = (text: string): string | null => {
  const pieces = lexPromql(text);
  if (pieces === null) return 'must be PromQL: a string in it does not end, or holds an unknown escape';
  if (pieces.some((piece) => piece.kind === 'code' && namesVersion(piece.text)))
    return 'must have $version inside of quotes, such as version="$version"';
  if (!pieces.some((piece) => piece.kind === 'string' && namesVersion(piece.value)))
    return 'must contain $version, such as version="$version": each version is read by itself';
  return null;
};

/**
 * A PromQL text for one version: `$version` in its strings is replaced so that no version can end the string or act as
 * a pattern. Comments are left out.
 * @throws SluiceError SERVICE_FILE_INVALID for a text that `versionFault` refuses
 */
export const fillVersion = (text: string, version: string): string => {
  const fault = versionFault(text);
  if (fault !== null) throw new SluiceError({ code: 'SERVICE_FILE_INVALID', message: `The query ${fault}.` });
  return (lexPromql(text) ?? [])
    .map((piece) => {
      if (piece.kind === 'comment') return '';
      if (piece.kind === 'code' || !namesVersion(piece.value)) return piece.text;
      return quotePromql(fillValue(piece.value, version, piece.pattern));
    })
    .join('')
    .trim();
};
