/** A file that is there whole or not at all: nobody sees it before `finish`. */
export interface WholeFile {
  /** Resolves once the text was handed over, so that whoever awaits it holds one piece in memory. */
  write(text: string): Promise<void>;
  /** Makes it durable under its name, in place of one that was there. */
  finish(): Promise<void>;
  /** Forgets it; nothing is left. May be called at any time, and does nothing after `finish`. */
  abandon(): Promise<void>;
}

/**
 * Opens a file in a folder that there is. What was begun under the same name and not finished is removed, whoever began it: its
 * `finish` fails then. So of two that write one file, who began last is who is believed. `unavailable` where the folder cannot be written.
 */
export type OpenWholeFile = (folder: string, name: string) => Promise<WholeFile>;
