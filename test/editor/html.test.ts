import { expect, test } from 'vitest';
import { pageHtml } from '../../src/editor/html.js';

const page = {
  cspSource: 'https://*.example.test',
  nonce: '0123456789abcdef',
  script: 'https://a.example.test/webview.js?a=1&b="2"',
  style: 'https://a.example.test/webview.css',
  laterStyle: 'https://a.example.test/panes.css?a="',
  language: 'en',
};

test('the policy allows the own script by its nonce, and nothing inline', () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(pageHtml(page));
  expect(policy?.[1]?.split('; ')).toEqual([
    `default-src 'none'`,
    `script-src 'nonce-0123456789abcdef'`,
    `style-src https://*.example.test`,
    `img-src https://*.example.test blob: data:`,
    `font-src https://*.example.test`,
    `worker-src blob:`,
    `connect-src https://*.example.test`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ]);
});

test('there is one script, with the nonce, and addresses are escaped', () => {
  const scripts = pageHtml(page).match(/<script[^>]*>/g);
  expect(scripts).toEqual([
    '<script type="module" nonce="0123456789abcdef" src="https://a.example.test/webview.js?a=1&amp;b=&quot;2&quot;">',
  ]);
  expect(pageHtml(page)).toContain(
    '<body data-later-style="https://a.example.test/panes.css?a=&quot;">',
  );
  expect(pageHtml(page).match(/<link[^>]*>/g)).toEqual([
    '<link rel="stylesheet" href="https://a.example.test/webview.css">',
  ]);
  expect(pageHtml(page)).not.toMatch(/<style|\son[a-z]+=|\sstyle=/);
});
