import { familyOf, isBatchMetric, METER_BOUNDS, SDK_DEFAULT_BOUNDS } from "./batch-families.ts";
import { callsIn, isUpperLimit, metricsIn, type Threshold, thresholdsIn } from "./expression-parts.ts";
import type { LintRemark, LintSubject, RuleLint } from "./rule-lint.ts";

const QUANTILE = new Set(["histogram_quantile"]);
/** Between bounds further apart than this the interpolated quantile is a guess. */
const COARSE_RATIO = 1.5;

/** A quantile is interpolated between two bounds: a limit between bounds far apart is met by guess. */
export const COARSE_BUCKETS: RuleLint = {
  code: "buckets-too-coarse",
  look: (subject) =>
    thresholdsIn(subject.expr)
      .filter(({ op }) => isUpperLimit(op))
      .flatMap((threshold) =>
        callsIn(threshold.vector, QUANTILE)
          .flatMap(metricsIn)
          .filter((metric) => metric.endsWith("_bucket"))
          .flatMap((metric) => remarksOn(threshold, metric, subject)),
      ),
};

function remarksOn(
  { limit }: Threshold,
  metric: string,
  { bucketBounds }: LintSubject,
): readonly LintRemark[] {
  const name = metric.replace(/_bucket$/, "");
  const known = bucketBounds.get(name);
  if (known !== undefined) return problemWith(known, limit, `the buckets of ${name}`);
  if (!isBatchMetric(metric) || !familyOf(metric).endsWith("_seconds")) return [];
  return [
    ...problemWith(METER_BOUNDS, limit, `Batchwatch's own buckets of ${name}`),
    ...problemWith(
      SDK_DEFAULT_BOUNDS,
      limit,
      `where a job exports ${name} itself with the default buckets of OpenTelemetry, they`,
    ),
  ];
}

function problemWith(bounds: readonly number[], limit: number, whose: string): LintRemark[] {
  const finite = bounds.filter(Number.isFinite);
  const below = finite.filter((bound) => bound <= limit).at(-1) ?? 0;
  const above = finite.find((bound) => bound > limit);
  if (finite.length === 0 || below === limit) return [];
  const remedy = `Give the histogram a bound at ${limit} (Batchwatch adds one for each max_duration that a job declares).`;
  if (above === undefined)
    return [
      {
        message: `${whose} end at ${below}: a quantile is never above that, so the limit of ${limit} is never passed`,
        remedy,
      },
    ];
  if (below > 0 && above / below < COARSE_RATIO) return [];
  return [
    {
      message: `${whose} have no bound between ${below} and ${above}: whether ${limit} is passed is interpolated, not known`,
      remedy,
    },
  ];
}
