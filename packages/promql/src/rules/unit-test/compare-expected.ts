/** Alerts and samples against what a test expects; order never counts. */
import { compareLabels, type Labels, labelsOf } from "../../labels.ts";
import type { QueryAnswer, VectorSample } from "../../query-result.ts";
import { numberText, seriesText } from "../../test-script/show-result.ts";
import type { RuleAlert } from "../evaluate-group.ts";
import { vectorOf } from "../query-vector.ts";
import type { ExpectedAlert, ExpectedSample } from "./rule-test-file.ts";
import type { CheckVerdict } from "./rule-test-report.ts";

export function alertVerdict(expected: readonly ExpectedAlert[], firing: readonly RuleAlert[]): CheckVerdict {
  const wanted = expected.map(({ labels, annotations }) => alertText(labels, annotations)).sort();
  const got = firing
    .map(({ labels, annotations }) =>
      alertText(labelsOf(Object.entries(labels)), labelsOf(Object.entries(annotations))),
    )
    .sort();
  if (wanted.length === got.length && wanted.every((text, index) => text === got[index]))
    return { kind: "passed" };
  return { kind: "failed", expected: listed(wanted), got: listed(got) };
}

function alertText(labels: Labels, annotations: Labels): string {
  return `labels ${seriesText(labels)} annotations ${seriesText(annotations)}`;
}

export function exprVerdict(
  expected: readonly ExpectedSample[],
  answer: QueryAnswer,
  fuzzy: boolean,
): CheckVerdict {
  const wanted = expected
    .map(({ labels, value }) => ({ labels, at: 0, value: value ?? 0 }))
    .toSorted(byLabels);
  const got = vectorOf(answer).toSorted(byLabels);
  const isSame =
    wanted.length === got.length &&
    wanted.every((sample, index) => {
      const other = got[index];
      return other?.labels.key === sample.labels.key && isSameValue(sample.value, other.value, fuzzy);
    });
  if (isSame) return { kind: "passed" };
  return { kind: "failed", expected: listed(wanted.map(sampleText)), got: listed(got.map(sampleText)) };
}

function byLabels(a: VectorSample, b: VectorSample): number {
  return compareLabels(a.labels, b.labels) || a.value - b.value;
}

function sampleText({ labels, value }: VectorSample): string {
  return `${seriesText(labels)} ${numberText(value)}`;
}

/** NaN equals nothing, as in Prometheus. */
function isSameValue(a: number, b: number, fuzzy: boolean): boolean {
  return a === b || (fuzzy && isNeighbour(a, b));
}

/** True for floats with none between them. */
function isNeighbour(a: number, b: number): boolean {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  const distance = ordinal(a) - ordinal(b);
  return distance === 1n || distance === -1n;
}

/** Floats in their order as whole numbers. */
function ordinal(value: number): bigint {
  const bits = new BigInt64Array(Float64Array.of(value).buffer)[0] ?? 0n;
  return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
}

function listed(texts: readonly string[]): string {
  return texts.length === 0 ? "nothing" : texts.join("; ");
}
