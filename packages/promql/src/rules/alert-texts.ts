/**
 * The labels and annotations of a rule for one sample of its result. Templates are expanded without waiting; where one asks
 * a query that was not asked yet, it is asked and the text is expanded once more.
 */
import type { VectorSample } from "../query-result.ts";
import { expandAlertTemplate } from "../templates/expand-template.ts";
import type { TemplateSample } from "../templates/prometheus-functions.ts";
import { QueryNeeded } from "../templates/template-error.ts";
import type { LabelRecord } from "./group-state.ts";
import { vectorOf } from "./query-vector.ts";
import type { RuleSurroundings } from "./rule-evaluation.ts";
import type { AlertingRule } from "./rule-group.ts";

type Answer = { readonly samples: readonly TemplateSample[] } | { readonly error: Error };

/** Queries of all templates of a rule in one evaluation: a template that makes up queries must end. */
const MAX_QUERIES = 200;

export class AlertTexts {
  readonly #rule: AlertingRule;
  readonly #surroundings: RuleSurroundings;
  readonly #answers = new Map<string, Answer>();

  constructor(rule: AlertingRule, surroundings: RuleSurroundings) {
    this.#rule = rule;
    this.#surroundings = surroundings;
  }

  async expand(texts: LabelRecord, sample: VectorSample): Promise<LabelRecord> {
    const expanded: [string, string][] = [];
    for (const [name, text] of Object.entries(texts)) expanded.push([name, await this.#one(text, sample)]);
    return Object.fromEntries(expanded);
  }

  async #one(text: string, { labels, value }: VectorSample): Promise<string> {
    const { at, externalLabels, externalUrl } = this.#surroundings;
    for (;;) {
      try {
        return expandAlertTemplate(
          this.#rule.name,
          text,
          { labels, externalLabels, value },
          { at, externalUrl, query: (query) => this.#answerOf(query) },
        );
      } catch (error) {
        if (!(error instanceof QueryNeeded)) throw error;
        this.#answers.set(error.query, await this.#ask(error.query));
      }
    }
  }

  #answerOf(query: string): readonly TemplateSample[] {
    const answer = this.#answers.get(query);
    if (answer === undefined) {
      if (this.#answers.size >= MAX_QUERIES)
        throw new Error(`the templates of the rule ask more than ${MAX_QUERIES} queries`);
      throw new QueryNeeded(query);
    }
    if ("error" in answer) throw answer.error;
    return answer.samples;
  }

  async #ask(query: string): Promise<Answer> {
    try {
      return { samples: vectorOf(await this.#surroundings.query(query, this.#surroundings.at)) };
    } catch (error) {
      return { error: error instanceof Error ? error : new Error(String(error)) };
    }
  }
}
