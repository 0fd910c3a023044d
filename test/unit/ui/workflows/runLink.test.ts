import assert from 'node:assert/strict';
import type { WorkflowRun } from '../../../../src/domain/workflows/views.ts';
import { parsePanelLink } from '../../../../src/protocol/panelLink.ts';
import { runLink } from '../../../../src/ui/workflows/runLink.ts';

const run = { id: 'r', startedAt: '2026-11-22T10:00:00.000Z' } as WorkflowRun;

describe('the link from a run to its events', () => {
  it('spans the run, and one that still runs up to now', () => {
    const ended = { ...run, finishedAt: '2026-11-22T10:05:00.000Z' };
    assert.deepEqual(runLink(ended, 0), {
      runId: 'r',
      from: '2026-11-22T09:59:00.000Z',
      to: '2026-11-22T10:06:00.000Z',
    });
    assert.equal(runLink(run, Date.UTC(2026, 10, 22, 11)).to, '2026-11-22T11:00:00.000Z');
  });

  it('is a link that the panel takes', () => {
    const link = runLink(run, Date.UTC(2026, 10, 22, 11));
    assert.deepEqual(parsePanelLink(link), link);
  });
});
