/** What a string value looks like; decides the colours of its document and nothing else. */
export type ValueLanguage = 'json' | 'xml' | 'text';

export function valueLanguage(text: string): ValueLanguage {
  const trimmed = text.trim();
  if (/^[[{]/.test(trimmed) && /[\]}]$/.test(trimmed) && isJson(trimmed)) return 'json';
  if (/^<(?:\?xml|!DOCTYPE|[A-Za-z][\w:.-]*[\s/>])/.test(trimmed) && trimmed.endsWith('>')) return 'xml';
  return 'text';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
