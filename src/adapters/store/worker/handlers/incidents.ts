import type { IncidentStore } from '../../../../app/ports/incidents.ts';
import type { PortCalls } from '../../messages.ts';
import {
  addBundle,
  bundleById,
  exportById,
  listBundles,
  listExports,
  listPreviews,
  previewById,
  removeBundle,
  removeExport,
  removePreview,
  saveExport,
  savePreview,
} from '../repositories/incidents.ts';
import { estimatedRows } from '../incidents/estimate.ts';
import type { Handlers, StoreParts } from './handlers.ts';

export function incidentHandlers({
  control,
  history,
  telemetry,
}: StoreParts): Handlers<PortCalls<'incidents', IncidentStore>> {
  return {
    'incidents.cut': async (query) => {
      await telemetry.flush();
      const cut = { history: await history.seal(), control: control.position() };
      return { cut, estimated: estimatedRows(history, query) };
    },
    'incidents.savePreview': (row) => control.commit((tx) => savePreview(tx, row)),
    'incidents.preview': (id) => previewById(control.read(), id),
    'incidents.previews': () => listPreviews(control.read()),
    'incidents.removePreview': (id) => control.commit((tx) => removePreview(tx, id)),
    'incidents.saveExport': (row) => control.commit((tx) => saveExport(tx, row)),
    'incidents.export': (id) => exportById(control.read(), id),
    'incidents.exports': (limit) => listExports(control.read(), limit),
    'incidents.removeExport': (id) => control.commit((tx) => removeExport(tx, id)),
    'incidents.finish': (bundle, row) =>
      control.commit((tx) => {
        addBundle(tx, bundle);
        saveExport(tx, row);
      }),
    'incidents.bundles': (limit) => listBundles(control.read(), limit),
    'incidents.bundle': (id) => bundleById(control.read(), id),
    'incidents.removeBundle': (id) => control.commit((tx) => removeBundle(tx, id)),
  };
}
