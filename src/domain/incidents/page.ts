// `index.html` of a bundle: opens from disk, without a network, and runs no script but its own.

export interface PageParts {
  readonly script: string;
  readonly style: string;
  /** SHA-256 of a text, base64. */
  readonly sha256Base64: (text: string) => string;
}

/** JSON that cannot end the element it stands in, nor begin another, whatever it holds. */
export function embeddedJson(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The page piece by piece; `data` is JSON in pieces. The same parts and data give the same bytes. */
export function* bundlePage({ script, style, sha256Base64 }: PageParts, data: Iterable<string>): Generator<string> {
  // A script that named its own end would close its element; the bundle of ours does not, and if it ever did, this keeps it whole.
  const code = script.replaceAll('</script', '<\\/script');
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${sha256Base64(code)}'`,
    `style-src 'sha256-${sha256Base64(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  yield `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Incident bundle</title>
<style>${style}</style>
</head>
<body>
<div id="page"><noscript>This page shows the bundle with a script of its own; the .jsonl files beside it hold the same.</noscript></div>
<script type="application/json" id="data">`;
  for (const piece of data) yield embeddedJson(piece);
  yield `</script>
<script>${code}</script>
</body>
</html>
`;
}
