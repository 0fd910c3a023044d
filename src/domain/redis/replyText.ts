import { display } from '../display.ts';

const maxLines = 10_000;

/** A reply as redis-cli shows one: numbered, nested, with every string made safe. At most 10,000 lines. */
export function toTextLines(reply: unknown): string[] {
  const lines: string[] = [];
  append(lines, reply, '', '');
  return lines.length > maxLines ? [...lines.slice(0, maxLines), `… ${lines.length - maxLines} more lines`] : lines;
}

function append(lines: string[], reply: unknown, first: string, rest: string): void {
  if (!Array.isArray(reply)) {
    lines.push(`${first}${scalar(reply)}`);
    return;
  }
  if (reply.length === 0) lines.push(`${first}(empty list)`);
  const width = String(reply.length).length;
  reply.forEach((element: unknown, i) => {
    const number = `${String(i + 1).padStart(width)}) `;
    append(lines, element, `${i === 0 ? first : rest}${number}`, `${rest}${' '.repeat(number.length)}`);
  });
}

function scalar(reply: unknown): string {
  if (reply === null || reply === undefined) return '(nil)';
  if (typeof reply === 'number' || typeof reply === 'bigint') return `(integer) ${reply}`;
  if (typeof reply === 'string' || reply instanceof Uint8Array) return `"${display(reply)}"`;
  const error: unknown = typeof reply === 'object' ? Reflect.get(reply, 'error') : undefined;
  return typeof error === 'string' ? `(error) ${display(error)}` : '(unknown reply)';
}
