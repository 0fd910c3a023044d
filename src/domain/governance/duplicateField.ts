/**
 * Path of the first field that an object of a JSON text names twice, null when none is. `JSON.parse` keeps the last one
 * silently, and people who review a rule may have read the first.
 * @param text valid JSON
 */
export function duplicateField(text: string): string | null {
  const open: { readonly fields: Set<string> | null; place: string; index: number }[] = [];
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g);
  let before = '';
  let lastText = '';
  for (const [token] of tokens) {
    const inner = open.at(-1);
    if (token === '{') open.push({ fields: new Set(), place: '', index: 0 });
    else if (token === '[') open.push({ fields: null, place: '0', index: 0 });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && inner?.fields === null) inner.place = String(++inner.index);
    else if (token === ':' && inner?.fields) {
      const field = JSON.parse(lastText) as string;
      inner.place = field;
      if (inner.fields.has(field)) return open.map(({ place }) => place).join('.');
      inner.fields.add(field);
    }
    if (token.startsWith('"') && before !== ':') lastText = token;
    before = token;
  }
  return null;
}
