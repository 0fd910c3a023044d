const token =
  /[ \t\r\n]*(?:([[\]{},:])|("(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/uy;

/** What may come next: a value, a value or the end of an empty array, … */
type Expected = 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'colon' | 'commaOrEnd';

/**
 * Line, from 1, on which a text stops being JSON; null when it is JSON. The engine's own message cannot serve: it
 * gives the place only sometimes, and quotes the text, which here is somebody's data.
 */
export function lineOfJsonError(text: string): number | null {
  const open: string[] = [];
  let expected: Expected = 'value';
  let done = false;
  token.lastIndex = 0;
  for (let at = 0; ; at = token.lastIndex) {
    const rest = /[^ \t\r\n]/g;
    rest.lastIndex = at;
    const next = rest.exec(text)?.index ?? text.length;
    if (next === text.length) return done ? null : lineAt(text, next);
    token.lastIndex = at;
    const match = token.exec(text);
    const after: Expected | null =
      match === null || done ? null : step(expected, match[1] ?? 'value', match[2] ?? '', open);
    if (after === null) return lineAt(text, next);
    done = open.length === 0 && after === 'commaOrEnd';
    expected = after;
  }
}

/** What may follow a token; null when it may not stand there. Changes the stack of open brackets. */
function step(expected: Expected, mark: string, value: string, open: string[]): Expected | null {
  const takesValue = expected === 'value' || expected === 'valueOrEnd';
  if (mark === 'value') {
    if (expected === 'name' || expected === 'nameOrEnd') return value.startsWith('"') ? 'colon' : null;
    return takesValue ? 'commaOrEnd' : null;
  }
  if (mark === '[' || mark === '{') {
    if (!takesValue) return null;
    open.push(mark);
    return mark === '[' ? 'valueOrEnd' : 'nameOrEnd';
  }
  if (mark === ':') return expected === 'colon' ? 'value' : null;
  if (mark === ',') {
    if (expected !== 'commaOrEnd' || open.length === 0) return null;
    return open.at(-1) === '[' ? 'value' : 'name';
  }
  const closes = mark === ']' ? '[' : '{';
  const mayEnd = expected === 'commaOrEnd' || expected === (mark === ']' ? 'valueOrEnd' : 'nameOrEnd');
  if (!mayEnd || open.at(-1) !== closes) return null;
  open.pop();
  return 'commaOrEnd';
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
