/** `GET /api/samples`: stored metric samples by name and labels, as they came in. Internal; queries come with PromQL. */
import { QueryError } from "@batchwatch/promql";
import { pageOf, sampleQuerySchema, sampleSeriesSchema } from "@batchwatch/protocol";
import type { LabelMatcher } from "../../../storage/metric-store.ts";
import type { ApiApp, ApiDeps } from "../api-deps.ts";
import { ApiError, problemReplies } from "../api-error.ts";
import { instant } from "../views/instants.ts";

const DEFAULT_RANGE_MS = 3_600_000;

export function registerSamples(app: ApiApp, { samples, clock }: ApiDeps): void {
  app.get(
    "/api/samples",
    {
      schema: {
        tags: ["samples"],
        summary: "Stored samples by metric name and labels",
        querystring: sampleQuerySchema,
        response: { 200: pageOf(sampleSeriesSchema), ...problemReplies(400) },
      },
    },
    async ({ query }) => {
      const matchers: LabelMatcher[] = [...(query.match ?? [])];
      if (query.name !== undefined) matchers.push({ name: "__name__", op: "=", value: query.name });
      if (!matchers.some(({ op, value }) => op === "=" && value !== "")) {
        throw ApiError.parameter(
          "match",
          "needs the metric's name, or at least one label with = and a value",
        );
      }
      const to = query.to ?? clock.now();
      const from = query.from ?? to - DEFAULT_RANGE_MS;
      if (from > to) throw ApiError.parameter("from", "lies after to");
      const series = await samples.select(matchers, from, to, query.limit).catch(asParameterError);
      return {
        items: series.map(({ labels, times, values }) => ({
          labels: Object.fromEntries(labels.names.map((name, index) => [name, labels.values[index] ?? ""])),
          samples: Array.from(times, (time, index): [string, number | null] => {
            const value = values[index];
            return [instant(time), value !== undefined && Number.isFinite(value) ? value : null];
          }),
        })),
        nextCursor: null,
      };
    },
  );
}

/** An expression that is none is a wrong parameter. */
function asParameterError(error: unknown): never {
  if (error instanceof QueryError && error.kind === "bad_data")
    throw ApiError.parameter("match", error.message);
  throw error;
}
