/** What stands in the HTML of a panel; all of it is made by the extension, nothing by a server or a user. */
export interface PageAssets {
  readonly nonce: string;
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  readonly title: string;
}

/** Nothing is allowed but our own script, styles, fonts and pictures. Equal for every panel; a test compares it. */
export function contentSecurityPolicy(nonce: string, cspSource: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
    "connect-src 'none'",
    "frame-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** The same bytes for every content of the panel: data comes by message after the page asked `ready`. */
export function pageHtml({ nonce, cspSource, scriptUri, styleUri, title }: PageAssets): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy(nonce, cspSource)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${styleUri}">
<title>${title}</title>
</head>
<body>
<div id="page"></div>
<script nonce="${nonce}" src="${scriptUri}"></script>
</body>
</html>`;
}
