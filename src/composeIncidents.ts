import { Uri, version, type ExtensionContext } from 'vscode';
import { incidentWork } from './adapters/store/incidentWork.ts';
import { collect, type CollectParts } from './app/incidents/collect.ts';
import { IncidentService } from './app/incidents/incidentService.ts';
import type { IncidentParts } from './app/incidents/parts.ts';
import type { ConnectionService } from './app/connections/connectionService.ts';

type Given = Omit<CollectParts, 'host' | 'connections'> &
  Pick<IncidentParts, 'leases' | 'secrets' | 'digest' | 'clock'> & {
    readonly connections: ConnectionService;
    readonly stores: CollectParts['stores'] & { readonly incidents: IncidentParts['store'] };
    readonly ownLog: IncidentParts['log'];
  };

/** Incident bundles, constructed: their files lie beside the store, their heavy work runs in the store's worker program. */
export function composeIncidents(context: ExtensionContext, given: Given): IncidentService {
  const built = (...names: string[]): string => Uri.joinPath(context.extensionUri, 'dist', ...names).fsPath;
  const { connections, stores, leases, secrets, digest, clock, ownLog } = given;
  const toolVersion = (context.extension.packageJSON as { readonly version: string }).version;
  const host = {
    version: toolVersion,
    vscode: version,
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
  };
  const work = incidentWork(
    {
      directory: Uri.joinPath(context.globalStorageUri, 'store').fsPath,
      workerPath: built('storeWorker.js'),
      wasmPath: built('sql-wasm.wasm'),
      migrationsDirectory: built('migrations'),
    },
    {
      folder: Uri.joinPath(context.globalStorageUri, 'incidents').fsPath,
      pageScript: built('webviews', 'incidentViewer.js'),
      pageStyle: built('webviews', 'incidentViewer.css'),
    },
  );
  return new IncidentService({
    store: stores.incidents,
    work,
    leases,
    secrets,
    knownSecrets: () => connections.knownSecrets(),
    connections,
    collect: (question) => collect({ ...given, host }, question),
    clock,
    digest,
    log: ownLog,
    toolVersion,
  });
}
