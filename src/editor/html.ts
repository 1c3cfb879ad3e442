/** What the page of a panel is made of; the addresses are those the webview can load. */
export interface Page {
  readonly cspSource: string;
  readonly nonce: string;
  readonly script: string;
  /** Of the first picture. */
  readonly style: string;
  /** Of what is fetched after it. */
  readonly laterStyle: string;
  /** BCP 47 tag of the display language. */
  readonly language: string;
}

/** The page of a panel: everything on it comes from the extension's own bundle. */
export function pageHtml({ cspSource, nonce, script, style, laterStyle, language }: Page): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `img-src ${cspSource} blob: data:`,
    `font-src ${cspSource}`,
    `worker-src blob:`,
    `connect-src ${cspSource}`,
    // default-src does not stand for these.
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escapeAttribute(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeAttribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escapeAttribute(style)}">
<title>Qcow2 Lens</title>
</head>
<body data-later-style="${escapeAttribute(laterStyle)}">
<div id="root"></div>
<script type="module" nonce="${nonce}" src="${escapeAttribute(script)}"></script>
</body>
</html>`;
}

const escapeAttribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
