import type { ThemeIcon } from 'vscode';
import type { CommandId } from '../contributions.ts';

/** One group of the view "Incidents & Storage": bundles, storage. Each feature brings its own. */
export interface StorageSection {
  readonly id: string;
  readonly title: string;
  /** What stands beside the title, for example `38 of 200 MB`. */
  summary(): Promise<string>;
  rows(): Promise<readonly StorageRow[]>;
  /** Told when the rows may be others. */
  onDidChange(listener: () => void): { dispose(): void };
}

export class SectionNode {
  readonly section: StorageSection;

  constructor(section: StorageSection) {
    this.section = section;
  }
}

export interface StorageRowFacts {
  /** Unique in its section. */
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  readonly tooltip?: string;
  readonly icon?: ThemeIcon;
  /** For `when` clauses of menus: `viewItem == …`. */
  readonly contextValue?: string;
  /** What a click does; the row is its argument unless others are given. */
  readonly command?: { readonly id: CommandId; readonly title: string; readonly arguments?: readonly unknown[] };
}

/** A row of a section. Features extend it, so that a command tells its own rows from plain arguments. */
export class StorageRow {
  readonly facts: StorageRowFacts;

  constructor(facts: StorageRowFacts) {
    this.facts = facts;
  }
}

export type StorageNode = SectionNode | StorageRow;
