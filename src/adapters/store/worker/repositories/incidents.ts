import type { BundleRow, ExportRow, PreviewRow } from '../../../../app/ports/incidents.ts';
import type { IncidentInclude, IncidentRequest } from '../../../../domain/incidents/definition.ts';
import { exportStates, incidentIncludes, redactionProfiles } from '../../../../domain/incidents/definition.ts';
import type { SqlDatabase, SqlRow } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { number, oneOf, text, textOrNull } from './rows.ts';

export function savePreview(transaction: Transaction, row: PreviewRow): void {
  transaction.run(
    `INSERT INTO incident_previews (id, created_at, expires_at, body_json) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, body_json = excluded.body_json`,
    [row.id, row.createdAt, row.expiresAt, JSON.stringify(row)],
  );
}

function previewOf(row: SqlRow): PreviewRow {
  return JSON.parse(text(row, 'body_json')) as PreviewRow;
}

export function previewById(database: SqlDatabase, id: string): PreviewRow | null {
  const [row] = database.all('SELECT body_json FROM incident_previews WHERE id = ?', [id]);
  return row === undefined ? null : previewOf(row);
}

export function listPreviews(database: SqlDatabase): PreviewRow[] {
  return database.all('SELECT body_json FROM incident_previews ORDER BY created_at, id').map(previewOf);
}

export function removePreview(transaction: Transaction, id: string): void {
  transaction.run('DELETE FROM incident_previews WHERE id = ?', [id]);
}

export function saveExport(transaction: Transaction, row: ExportRow): void {
  transaction.run(
    `INSERT INTO incident_exports (id, preview_id, target, state, created_at, body_json) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, body_json = excluded.body_json`,
    [row.id, row.previewId, row.target, row.state, row.createdAt, JSON.stringify(row)],
  );
}

function exportOf(row: SqlRow): ExportRow {
  const body = JSON.parse(text(row, 'body_json')) as ExportRow;
  return { ...body, state: oneOf(row, 'state', exportStates) };
}

export function exportById(database: SqlDatabase, id: string): ExportRow | null {
  const [row] = database.all('SELECT state, body_json FROM incident_exports WHERE id = ?', [id]);
  return row === undefined ? null : exportOf(row);
}

export function listExports(database: SqlDatabase, limit: number): ExportRow[] {
  return database
    .all('SELECT state, body_json FROM incident_exports ORDER BY created_at DESC, id DESC LIMIT ?', [limit])
    .map(exportOf);
}

export function removeExport(transaction: Transaction, id: string): void {
  transaction.run('DELETE FROM incident_exports WHERE id = ?', [id]);
}

const columns = `id, created_at, from_ts, to_ts, connection_ids_json, includes_json, redaction_profile, checksum,
  artifact_path, timeline_count, log_count, diagnostic_count, metric_count, truncated, body_json`;

export function addBundle(transaction: Transaction, bundle: BundleRow): void {
  const { request, counts } = bundle;
  transaction.run(
    `INSERT INTO incident_bundles (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
     ON CONFLICT (id) DO NOTHING`,
    [
      bundle.id,
      bundle.createdAt,
      request.from,
      request.to,
      JSON.stringify(request.connectionIds ?? []),
      JSON.stringify(request.includes),
      request.redactionProfile,
      bundle.archiveSha256,
      bundle.path,
      counts.timeline,
      counts.logs,
      counts.diagnostics,
      counts.metrics,
      JSON.stringify(bundle),
    ],
  );
}

/** A row that the desktop program wrote has no body: what it knew is in the columns. */
function bundleOf(row: SqlRow): BundleRow {
  const body = textOrNull(row, 'body_json');
  const path = text(row, 'artifact_path');
  if (body !== null) return { ...(JSON.parse(body) as BundleRow), path };
  const connectionIds = JSON.parse(text(row, 'connection_ids_json')) as string[];
  const includes = (JSON.parse(text(row, 'includes_json')) as IncidentInclude[]).filter((one) =>
    incidentIncludes.includes(one),
  );
  const request: IncidentRequest = {
    from: text(row, 'from_ts'),
    to: text(row, 'to_ts'),
    ...(connectionIds.length === 0 ? {} : { connectionIds }),
    includes,
    redactionProfile: redactionProfiles.find((profile) => profile === row['redaction_profile']) ?? 'default',
  };
  return {
    id: text(row, 'id'),
    createdAt: text(row, 'created_at'),
    request,
    counts: {
      timeline: number(row, 'timeline_count'),
      logs: number(row, 'log_count'),
      diagnostics: number(row, 'diagnostic_count'),
      metrics: number(row, 'metric_count'),
      alerts: 0,
      workflows: 0,
      decisions: 0,
    },
    contentSha256: '',
    archiveSha256: text(row, 'checksum'),
    bytes: 0,
    path,
  };
}

export function listBundles(database: SqlDatabase, limit: number): BundleRow[] {
  return database
    .all(`SELECT ${columns} FROM incident_bundles ORDER BY created_at DESC, id DESC LIMIT ?`, [limit])
    .map(bundleOf);
}

export function bundleById(database: SqlDatabase, id: string): BundleRow | null {
  const [row] = database.all(`SELECT ${columns} FROM incident_bundles WHERE id = ?`, [id]);
  return row === undefined ? null : bundleOf(row);
}

export function removeBundle(transaction: Transaction, id: string): void {
  transaction.run('DELETE FROM incident_bundles WHERE id = ?', [id]);
}
