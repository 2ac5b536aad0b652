/** A template that could not be expanded. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  /** Goes through as it is, without the place in the template (a query whose answer is not there yet). */
  readonly passes: boolean = false;
}

/** The template asks for a query that was not run yet: run it and expand once more. */
export class QueryNeeded extends TemplateError {
  override readonly passes = true;
  readonly query: string;

  constructor(query: string) {
    super(`the query ${query} was not run`);
    this.query = query;
  }
}
