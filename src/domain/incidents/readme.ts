import type { BundleEntry, IncidentRequest } from './definition.ts';
import { formatCount } from '../format.ts';

const about: Readonly<Record<string, string>> = {
  'index.html':
    'Opens in a browser, without a network: charts, what failed, alerts, servers, runs, timeline, what was redacted.',
  'timeline.jsonl': 'What Cachify Studio did and what the servers reported, in the order in which it was recorded.',
  'metrics.jsonl': 'Samples of the servers and of our own latency.',
  'logs.jsonl': 'What the extension logged in the window that made this bundle.',
  'diagnostics.jsonl':
    'Versions, capabilities, INFO, settings that differ from the usual, slow log, latency, policies.',
  'workflows.jsonl': 'Workflow runs that touch the range, with attempts and problems.',
  'alerts.json': 'Alerts of the range, the rules and their states.',
  'decisions.jsonl': 'What policies allowed and refused.',
  'redaction-report.json': 'What was replaced or left out, by kind.',
};

/** `README.md` of a bundle. */
export function readmeText(request: IncidentRequest, createdAt: string, entries: readonly BundleEntry[]): string {
  const profile =
    request.redactionProfile === 'strict'
      ? 'strict: no key names, hosts, users, labels or paths; each is a token that means the same wherever it stands in this bundle'
      : 'default: key names and hosts are kept; credentials, tokens and private keys are removed';
  const lines = entries
    .filter(({ path }) => about[path] !== undefined)
    .map(({ path, records }) => {
      const count = path.endsWith('.jsonl') ? ` (${formatCount(records)})` : '';
      return `- \`${path}\`${count}: ${about[path]}`;
    });
  return `# Incident bundle

From ${request.from} to ${request.to} (UTC, the end not included), made ${createdAt} by Cachify Studio.

Redaction: ${profile}. Values of keys are never part of a bundle.

## What is in it

${lines.join('\n')}

## Is it whole?

    unzip -d bundle FILE.zip && cd bundle && sha256sum -c SHA256SUMS

The hashes prove that nothing changed by accident. They are no signature: whoever can change a file can change its hash.
In Cachify Studio, “Verify Incident Bundle…” does the same and names each file that differs.
`;
}
