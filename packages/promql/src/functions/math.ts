/** Functions of one number: rounding, roots and logarithms, trigonometry, clamping. */
import { goMax, goMin } from "../evaluate/go-math.ts";
import type { SampleFunction } from "./function-kinds.ts";

function sample(apply: SampleFunction["apply"]): SampleFunction {
  return { kind: "sample", apply };
}

const DEGREES_IN_HALF_TURN = 180;

/** Ties go up. By the inverse, because that loses less than a division would. */
function roundTo(value: number, nearest = 1): number {
  const inverse = 1 / nearest;
  return Math.floor(value * inverse + 0.5) / inverse;
}

function sign(value: number): number {
  if (value < 0) return -1;
  return value > 0 ? 1 : value;
}

export const MATH_FUNCTIONS: Readonly<Record<string, SampleFunction>> = {
  abs: sample(Math.abs),
  ceil: sample(Math.ceil),
  floor: sample(Math.floor),
  round: sample(roundTo),
  sgn: sample(sign),
  exp: sample(Math.exp),
  sqrt: sample(Math.sqrt),
  ln: sample(Math.log),
  log2: sample(Math.log2),
  log10: sample(Math.log10),
  sin: sample(Math.sin),
  cos: sample(Math.cos),
  tan: sample(Math.tan),
  asin: sample(Math.asin),
  acos: sample(Math.acos),
  atan: sample(Math.atan),
  sinh: sample(Math.sinh),
  cosh: sample(Math.cosh),
  tanh: sample(Math.tanh),
  asinh: sample(Math.asinh),
  acosh: sample(Math.acosh),
  atanh: sample(Math.atanh),
  rad: sample((value) => (value * Math.PI) / DEGREES_IN_HALF_TURN),
  deg: sample((value) => (value * DEGREES_IN_HALF_TURN) / Math.PI),
  clamp_min: sample((value, least = Number.NEGATIVE_INFINITY) =>
    goMax(least, goMin(Number.POSITIVE_INFINITY, value)),
  ),
  clamp_max: sample((value, most = Number.POSITIVE_INFINITY) =>
    goMax(Number.NEGATIVE_INFINITY, goMin(most, value)),
  ),
};
