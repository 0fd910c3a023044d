import { display } from '../../domain/display.ts';
import { splitCommandLine } from '../../domain/redis/commandLine.ts';
import { chooseConnection } from '../commands/connections.ts';
import { askText } from '../quickInput.ts';
import { ownerWords, withConfirmation } from './confirm.ts';
import { refreshDocuments, type KeyCommandParts } from './parts.ts';
import { orUnlock } from './writable.ts';

/** Asks for a command line as of redis-cli, and shows the reply as a document. */
export async function runRaw(parts: KeyCommandParts, item: unknown): Promise<void> {
  const { connections, keys, replies } = parts;
  const view = await chooseConnection(connections, item, { title: 'Run a command on which connection?' });
  if (view === undefined) return;
  const line = await askText({
    title: `Run a Redis command on ${ownerWords(view)}`,
    prompt: 'As in redis-cli; quotes and \\xNN work.',
    placeholder: 'HGET cart:1 total',
    validate: (text) => (splitCommandLine(text) === null ? 'A quote is not closed.' : undefined),
  });
  const args = typeof line === 'string' ? splitCommandLine(line) : null;
  if (args === null || args.length === 0) return;
  const connectionId = view.summary.uid;
  const reply = await orUnlock(connections, connectionId, () =>
    withConfirmation(async (confirm) => ({ value: await keys.command({ connectionId, args, ...confirm }) })),
  );
  if (reply === undefined) return;
  await replies.show(`${display(view.summary.name)}: ${display(String(args[0]))}`, reply.value);
  await refreshDocuments(parts, connectionId);
}
