import {
  CodeLens,
  Disposable,
  EventEmitter,
  FileDecoration,
  languages,
  Range,
  ThemeColor,
  window,
  type CodeLensProvider,
  type Event,
  type FileDecorationProvider,
  type TextDocument,
  type Uri,
} from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import type { Environment } from '../../domain/connections/definition.ts';
import { display, withoutIcons, type DisplayText } from '../../domain/display.ts';
import { formatBytes, formatCounted, formatDuration } from '../../domain/format.ts';
import { addressOf } from '../../domain/keys/uri.ts';
import { environmentWords } from '../connections/labels.ts';
import { fileSystemScheme } from '../contributions.ts';
import type { KeyFileSystem, OpenValue } from './keyFileSystem.ts';

/** Above the first line of every key's document: whose it is, what it is, and why it cannot be edited. */
export class KeyLenses implements CodeLensProvider, FileDecorationProvider {
  readonly #files: KeyFileSystem;
  readonly #connections: ConnectionService;
  readonly #changed = new EventEmitter<void>();
  readonly onDidChangeCodeLenses: Event<void> = this.#changed.event;

  constructor(files: KeyFileSystem, connections: ConnectionService) {
    this.#files = files;
    this.#connections = connections;
  }

  register(): Disposable {
    return Disposable.from(
      languages.registerCodeLensProvider({ scheme: fileSystemScheme }, this),
      window.registerFileDecorationProvider(this),
      this.#files.onDidChangeValue(() => this.#changed.fire()),
      this.#connections.onDidChange(() => this.#changed.fire()),
      this.#changed,
    );
  }

  provideCodeLenses({ uri }: TextDocument): CodeLens[] {
    const open = this.#files.open(uri);
    if (open === undefined) return [];
    const top = new Range(0, 0, 0, 0);
    const lenses = [new CodeLens(top, { title: ownerWords(this.#connections, open), command: '' })];
    // Before the facts: in a narrow editor the end of the line is cut off.
    if (open.readOnly !== null) {
      const title = `$(lock) ${withoutIcons(open.readOnly as DisplayText)}`;
      lenses.push(
        new CodeLens(
          top,
          open.locked ? { title, command: 'cachify.connections.unlock', arguments: [uri] } : { title, command: '' },
        ),
      );
    }
    if (open.reading !== undefined) {
      const title = factWords(open.reading);
      lenses.push(new CodeLens(top, { title, command: 'cachify.keys.setTtl', arguments: [uri] }));
    }
    return lenses;
  }

  provideFileDecoration(uri: Uri): FileDecoration | undefined {
    const address = uri.scheme === fileSystemScheme ? addressOf(uri) : null;
    if (address === null) return undefined;
    const summary = this.#connections.views().find((view) => view.summary.uid === address.connectionUid)?.summary;
    if (summary === undefined) return undefined;
    const { badge, color, words } = decorations[summary.environment];
    const tooltip = `${display(summary.name)} · ${words}`;
    return new FileDecoration(badge, tooltip, color === undefined ? undefined : new ThemeColor(color));
  }
}

const decorations: Readonly<Record<Environment, { badge: string; color?: string; words: string }>> = {
  dev: { badge: 'D', words: 'development' },
  staging: { badge: 'S', color: 'editorWarning.foreground', words: 'staging' },
  prod: { badge: 'P', color: 'errorForeground', words: 'production' },
  unknown: { badge: '?', words: 'environment not set, counts as production' },
};

function ownerWords(connections: ConnectionService, { address }: OpenValue): string {
  const found = connections.views().find((view) => view.summary.uid === address.connectionUid);
  if (found === undefined) return display(address.connectionId);
  const { name, environment } = found.summary;
  const marked = environment === 'prod' ? '$(shield) ' : '';
  return `${marked}${environmentWords[environment]} · ${withoutIcons(display(name))} · db ${address.db}`;
}

function factWords(reading: NonNullable<OpenValue['reading']>): string {
  const size = reading.type === 'string' ? formatBytes(reading.size) : formatCounted(reading.size, 'element');
  const ttl = reading.ttlMs === null ? 'never expires' : `expires in ${formatDuration(reading.ttlMs)}`;
  return `${withoutIcons(display(reading.type))} · ${size} · ${ttl}`;
}
