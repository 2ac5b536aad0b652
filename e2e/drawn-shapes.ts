/** Reads a drawing back: the shapes of a chart's SVG in page coordinates, and the values that their places stand for. */
import type { Locator, Page } from "playwright-core";

export function panelOf(page: Page, title: string): Locator {
  return page.getByRole("region", { name: title, exact: true });
}

export interface Shape {
  tag: string;
  fill: string;
  stroke: string;
  d: string;
  text: string;
  box: { x: number; y: number; width: number; height: number };
}

/** Everything that a drawing consists of, in page coordinates. */
export async function shapesOf(page: Page, title: string): Promise<Shape[]> {
  const panel = panelOf(page, title);
  await panel.scrollIntoViewIfNeeded();
  await panel.locator("svg[baseProfile]").waitFor();
  return panel.locator("svg[baseProfile]").evaluate((svg) =>
    [...svg.querySelectorAll("path, text, rect")].map((shape) => {
      const { x, y, width, height } = shape.getBoundingClientRect();
      return {
        tag: shape.tagName,
        fill: shape.getAttribute("fill") ?? "",
        stroke: shape.getAttribute("stroke") ?? "",
        d: shape.getAttribute("d") ?? "",
        // Parts of a figure are held together by no-break spaces.
        text: (shape.textContent ?? "").replaceAll("\u00a0", " "),
        box: { x, y, width, height },
      };
    }),
  );
}

/** The value that stands at a height, by two labels of the axis of values. */
export function valueScale(shapes: readonly Shape[], low: string, high: string): (y: number) => number {
  const middle = (label: string) => {
    const shape = shapes.find(({ tag, text }) => tag === "text" && text === label);
    if (shape === undefined)
      throw new Error(`no label ${label}: ${shapes.map(({ text }) => text).join(" ")}`);
    return shape.box.y + shape.box.height / 2;
  };
  const [from, to] = [middle(low), middle(high)];
  return (y) => Number(low) + ((y - from) / (to - from)) * (Number(high) - Number(low));
}

/** Share of the full turn between the two outer corners of a ring's sector. */
export function angleOf(shape: Shape | undefined): number {
  const numbers = [...(shape?.d ?? "").matchAll(/-?\d+(?:\.\d+)?(?:e-?\d+)?/g)].map(Number);
  const arc =
    /A\s*([\d.]+)[\s,]+[\d.]+[\s,]+[\d.-]+[\s,]+([01])[\s,]+([01])[\s,]+([-\d.e]+)[\s,]+([-\d.e]+)/.exec(
      shape?.d ?? "",
    );
  if (arc === null) return Number.NaN;
  const [startX = 0, startY = 0] = numbers;
  const [radius, large, endX, endY] = [Number(arc[1]), arc[2] === "1", Number(arc[4]), Number(arc[5])];
  const chord = Math.hypot(endX - startX, endY - startY);
  const small = 2 * Math.asin(Math.min(1, chord / (2 * radius)));
  return (large ? 2 * Math.PI - small : small) / (2 * Math.PI);
}
