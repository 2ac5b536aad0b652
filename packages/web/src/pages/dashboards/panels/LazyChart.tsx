/** The drawing, and a box of its size while ECharts is on its way. */
import { type ComponentProps, lazy, Suspense } from "react";

const PanelChart = lazy(() => import("../../../charts/panels/PanelChart.tsx"));

export function LazyChart(props: ComponentProps<typeof PanelChart>) {
  return (
    <Suspense fallback={<div className={props.className} />}>
      <PanelChart {...props} />
    </Suspense>
  );
}
