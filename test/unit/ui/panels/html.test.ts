import assert from 'node:assert/strict';
import { contentSecurityPolicy, pageHtml } from '../../../../src/ui/panels/html.ts';

const assets = {
  nonce: 'N0nce',
  cspSource: 'https://panel.example',
  scriptUri: 'https://panel.example/page.js',
  styleUri: 'https://panel.example/page.css',
  title: 'Observability',
};

describe('panel HTML', () => {
  it('has exactly one policy, and exactly this one', () => {
    assert.equal(
      contentSecurityPolicy('N0nce', 'https://panel.example'),
      "default-src 'none'; script-src 'nonce-N0nce'; style-src https://panel.example; " +
        'img-src https://panel.example data:; font-src https://panel.example; ' +
        "connect-src 'none'; frame-src 'none'; form-action 'none'; base-uri 'none'",
    );
    const policies = [...pageHtml(assets).matchAll(/http-equiv="Content-Security-Policy" content="([^"]*)"/g)];
    assert.deepEqual(
      policies.map((match) => match[1]),
      [contentSecurityPolicy(assets.nonce, assets.cspSource)],
    );
  });

  it('runs one script of ours and holds no inline script, style or handler', () => {
    const html = pageHtml(assets);
    assert.deepEqual(html.match(/<script[^>]*>/g), ['<script nonce="N0nce" src="https://panel.example/page.js">']);
    assert.match(html, /<script[^>]*><\/script>/);
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|unsafe-|javascript:/);
  });

  it('says the policy before anything is loaded', () => {
    const html = pageHtml(assets);
    assert.ok(html.indexOf('Content-Security-Policy') < html.indexOf('<link'));
    assert.ok(html.indexOf('Content-Security-Policy') < html.indexOf('<script'));
  });
});
