import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { asFailure } from '../../src/domain/failure.ts';
import type { ExportFormat } from '../../src/domain/observability/export.ts';
import { formatCounted } from '../../src/domain/format.ts';
import { Button } from '../ui/controls.tsx';
import { actFailure, host } from './model.ts';
import { selection, total } from './timelineModel.ts';

const running = signal<AbortController | null>(null);
const done = signal('');

async function run(format: ExportFormat): Promise<void> {
  const abort = new AbortController();
  running.value = abort;
  done.value = '';
  try {
    const written = await host.request('exportRows', { ...selection(), format }, abort.signal);
    if (written !== null) done.value = `${formatCounted(written.rows, 'row')} written`;
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code !== 'CANCELLED') actFailure.value = failure;
  } finally {
    running.value = null;
  }
}

/** The filtered rows, all of them, into a file. */
export function ExportButtons(): VNode {
  const abort = running.value;
  if (abort !== null) return <Button onClick={() => abort.abort()}>Stop the export</Button>;
  return (
    <>
      {done.value !== '' && (
        <span class="muted" role="status">
          {done.value}
        </span>
      )}
      <Button
        disabled={total.value === 0}
        label="Write the filtered rows into a file of JSON lines"
        onClick={() => void run('jsonl')}
      >
        JSONL
      </Button>
      <Button
        disabled={total.value === 0}
        label="Write the filtered rows into a file for spreadsheets"
        onClick={() => void run('csv')}
      >
        CSV
      </Button>
    </>
  );
}
