/** Labels and values in rows. */
import { useComputedColorScheme } from "@mantine/core";
import { reached, textColorOf } from "../../../charts/panels/threshold-look.ts";
import { useZone } from "../../../clock/zone-choice.ts";
import { type Column, DataTable } from "../../../components/DataTable.tsx";
import { formatValue } from "../../../format/value.ts";
import { DARK, LIGHT } from "../../../theme/tokens.ts";
import classes from "../dashboards.module.css";
import type { PanelProps } from "../PanelBody.tsx";
import { sortsItself, type TableRow, tableShape } from "./table-rows.ts";

const MOST_ROWS = 200;

export function TablePanel({ panel, data }: PanelProps) {
  const zone = useZone();
  const tokens = useComputedColorScheme("light") === "dark" ? DARK : LIGHT;
  const { labelNames, rows } = tableShape(
    data.samples,
    panel.queries.length,
    sortsItself(data.queries[0] ?? ""),
  );
  const columns: Column<TableRow>[] = [
    ...labelNames.map((name) => ({ name, cell: ({ labels }: TableRow) => labels[name] ?? "" })),
    ...panel.queries.map(({ label }, index) => ({
      name: label !== null && !label.includes("{{") ? label : index === 0 ? "Value" : `Value ${index + 1}`,
      figure: true,
      cell: ({ values }: TableRow) => {
        const value = values[index] ?? null;
        const threshold = value === null ? null : reached(panel.thresholds, value);
        return (
          <span
            style={threshold === null ? {} : { color: textColorOf(threshold.color, tokens), fontWeight: 600 }}
          >
            {formatValue(value, { unit: panel.unit, decimals: panel.decimals, zone })}
          </span>
        );
      },
    })),
  ];
  return (
    <div className={classes.table}>
      <DataTable
        caption={panel.title}
        columns={columns}
        rows={rows.slice(0, MOST_ROWS)}
        keyOf={({ key }) => key}
      />
      {rows.length > MOST_ROWS && (
        <p className={classes.notice}>
          The first {MOST_ROWS} of {rows.length} rows.
        </p>
      )}
    </div>
  );
}
