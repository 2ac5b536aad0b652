/** Something that the person at the terminal can put right: the message says what happened and what to do. */
export class CliError extends Error {
  /** 1 = it failed, 2 = it was asked for wrongly. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}
