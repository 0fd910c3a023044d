/** Writes a text file piece by piece; it appears under its name only when it is complete. */
export interface RowFiles {
  create(path: string): Promise<RowFile>;
}

export interface RowFile {
  write(text: string): Promise<void>;
  /** Moves it to its name. */
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}
