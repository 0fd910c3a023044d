import assert from 'node:assert/strict';
import { csvCell, exportHeader, exportLine } from '../../../../src/domain/observability/export.ts';
import type { HistoryEvent } from '../../../../src/domain/timeline/event.ts';

const event: HistoryEvent = {
  id: 'e1',
  timestamp: '2026-01-01T12:00:00.000Z',
  source: 'app',
  connectionId: 'dev',
  environment: 'dev',
  action: 'keys.read',
  keyOrPattern: '=cmd|calc!A1',
  durationMs: 1.5,
  status: 'error',
  errorCode: 'TIMEOUT',
  details: { note: 'a "quoted", thing' },
};

describe('domain/observability/export', () => {
  it('writes JSON lines that read back equal', () => {
    assert.equal(exportHeader('jsonl'), '');
    assert.deepEqual(JSON.parse(exportLine(event, 'jsonl')), event);
  });

  it('writes CSV with as many cells as columns and no formula', () => {
    const names = exportHeader('csv').trim().split(',');
    const line = exportLine(event, 'csv');
    assert.ok(line.endsWith('\r\n'));
    const cells = line.trim().match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g) ?? [];
    assert.equal(cells.filter((cell, i) => cell !== '' || i < names.length).length, names.length);
    assert.ok(line.includes(`"'=cmd|calc!A1"`));
    assert.ok(line.includes(',1.5,error,TIMEOUT,'));
  });

  for (const [text, cell] of [
    ['plain', 'plain'],
    ['=1+1', `"'=1+1"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['  =1', `"'  =1"`],
    ['\t=1', `"'\t=1"`],
    ['a,b', '"a,b"'],
    ['a"b', '"a""b"'],
    ['a\nb', '"a\nb"'],
    ['', ''],
  ] as const) {
    it(`makes ${JSON.stringify(text)} the cell ${JSON.stringify(cell)}`, () => assert.equal(csvCell(text), cell));
  }
});
