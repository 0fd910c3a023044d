import type { Clock } from '../../app/ports/clock.ts';
import type { FileSystem } from './disk/fileSystem.ts';
import type { Target } from './log/commands.ts';
import type { RowKind } from './generations/manifest.ts';
import type { PartContent } from './parts.ts';
import type { StoreProblem } from './problems.ts';
import type { SqlDatabase } from './sql/driver.ts';
import type { StateOptions } from './storeState.ts';

export interface StoreOptions extends StateOptions {
  readonly name: 'control' | 'history';
  readonly fs: FileSystem;
  /** Folder of this store; made when missing. */
  readonly path: string;
  readonly clock: Clock;
  /** A new generation is written when the log is longer than this. */
  readonly logBytes: number;
  /** … or when the current part has so many rows. */
  readonly partRows: number;
  /** Finished parts are held in memory up to this. */
  readonly partMemoryBytes: number;
  /** true: only reads; generations, and files that turn out damaged, are left to others. */
  readonly passive?: boolean;
  readonly report: (problem: StoreProblem) => void;
}

/** Event rows of one stretch of time; what they hold is not known for the stretch that still grows. */
export interface EventPart {
  /** What a transaction names it by. */
  readonly id: Target;
  readonly content: PartContent | undefined;
  /** What its file takes, once there is one. */
  readonly fileBytes: number | undefined;
  /** Tables whose rows in it are not to be seen. */
  readonly hidden: readonly string[];
  /** Its rows counted by kind; undefined when only its rows can tell. */
  readonly kinds: readonly RowKind[] | undefined;
  /** undefined when the file turned out damaged. */
  readonly open: () => SqlDatabase | undefined;
}
