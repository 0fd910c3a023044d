import type { ComponentChildren, VNode } from 'preact';
import { formatCount } from '../../src/domain/format.ts';
import { textOf, utc, wordsOf, type Facts } from './records.ts';

const titles: Readonly<Record<string, string>> = {
  createdAt: 'Time, UTC',
  startedAt: 'Began, UTC',
  since: 'Since, UTC',
  at: 'Time, UTC',
  event: 'What',
  count: 'Times',
  usual: 'As delivered',
  firstAt: 'First, UTC',
  lastAt: 'Last, UTC',
  allowed: 'Decision',
  connectionId: 'Connection',
  maxWorkflowItems: 'Items at most',
  executionWindows: 'Windows',
};

interface RecordTableProps {
  readonly title: string;
  /** Said instead of the table when there are no rows. */
  readonly empty: string;
  readonly rows: readonly Facts[];
  readonly columns: readonly string[];
  /** Said above the table. */
  readonly children?: ComponentChildren;
}

/** A section with a heading and one row per record. */
export function RecordTable({ title, empty, rows, columns, children }: RecordTableProps): VNode {
  const id = title.toLowerCase().replaceAll(/[^a-z]+/g, '-');
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>
        {title} {rows.length > 0 && <span class="muted">{formatCount(rows.length)}</span>}
      </h2>
      {rows.length === 0 ? <p class="muted">{empty}</p> : children}
      {rows.length > 0 && <Rows rows={rows} columns={columns} label={title} />}
    </section>
  );
}

/** The table alone. */
export function Rows({
  rows,
  columns,
  label,
}: Pick<RecordTableProps, 'rows' | 'columns'> & { readonly label: string }): VNode {
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {titles[column] ?? `${column.charAt(0).toUpperCase()}${column.slice(1)}`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {columns.map((column) => (
                <td key={column} class={isTime(column) ? undefined : 'wrap'}>
                  {isTime(column) ? utc(row[column]).slice(0, 19) : wordsOf(row[column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function isTime(column: string): boolean {
  return column.endsWith('At') || column === 'at' || column === 'since';
}

/** Rows in which a field stands as words: `allowed: true` as “allowed”. */
export function withWords(rows: readonly Facts[], field: string, words: Readonly<Record<string, string>>): Facts[] {
  return rows.map((row) => ({ ...row, [field]: words[textOf(row[field])] ?? row[field] }));
}
