/** What one command (or `container|sub`) of a server is allowed to do, from `COMMAND INFO` and ACL categories. */
export interface CommandInfo {
  /** Lower case, `config|get` for a subcommand. */
  readonly name: string;
  /** Flags as the server gives them: `readonly`, `write`, `admin`, `blocking`, … */
  readonly flags: ReadonlySet<string>;
  /** ACL categories: `@read`, `@dangerous`, … */
  readonly categories: ReadonlySet<string>;
  /** Whether it is a container whose subcommands are listed on their own. */
  readonly hasSubcommands: boolean;
  /** Position of the first key argument, 0 = none known. */
  readonly firstKey: number;
  readonly lastKey: number;
  readonly step: number;
}

/** By lower-case name. Renamed commands stand under their new name, with true flags. */
export type CommandTable = ReadonlyMap<string, CommandInfo>;
