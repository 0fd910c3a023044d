import { window } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import type { Sampler } from '../../app/observability/sampler.ts';
import { display } from '../../domain/display.ts';
import { formatDuration } from '../../domain/format.ts';
import type { ObservabilityPanel } from '../panels/observabilityPanel.ts';
import { chooseConnection, viewOf } from './connections.ts';
import type { InteractiveCommands } from './register.ts';

type ObservabilityCommands = Pick<
  InteractiveCommands,
  Extract<keyof InteractiveCommands, `cachify.observability.${string}`>
>;

/** What commands about observability do when a person calls them. */
export function observabilityCommands(
  panel: ObservabilityPanel,
  sampler: Pick<Sampler, 'sampleNow'>,
  service: ConnectionService,
): ObservabilityCommands {
  const focusOf = (item: unknown): { readonly connectionId?: string } => {
    const view = viewOf(service, item) ?? service.current();
    return view === undefined ? {} : { connectionId: view.summary.id };
  };
  return {
    'cachify.observability.open': (item) => panel.open({ tab: 'overview', ...focusOf(item) }),
    'cachify.observability.openTimeline': (item) => panel.open({ tab: 'timeline', ...focusOf(item) }),
    'cachify.observability.sampleNow': async (item) => {
      const only = (view: { readonly state: { readonly kind: string } }): boolean => view.state.kind === 'ready';
      const view = await chooseConnection(service, item, { title: 'Take a sample of which server?', only });
      if (view === undefined) return undefined;
      const sample = await sampler.sampleNow(view.summary.uid);
      const p95 =
        sample.latencyP95Ms === null ? 'no operation of ours yet' : `p95 ${formatDuration(sample.latencyP95Ms)}`;
      void window.setStatusBarMessage(`Sampled ${display(view.summary.name)}: ${p95}`, 5000);
      return sample;
    },
  };
}
