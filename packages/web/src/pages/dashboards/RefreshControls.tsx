/** How often the panels ask anew, and the button that does it now. */
import { Button, Select } from "@mantine/core";
import { useIsFetching, useQueryClient } from "@tanstack/react-query";
import { compact, REFRESH_CHOICES_MS } from "./dashboard-state.ts";
import classes from "./dashboards.module.css";

interface Props {
  refreshMs: number | null;
  usualMs: number;
  /** As it stands in the address; null = as the file has it. */
  onChange: (refresh: string | null) => void;
}

export function RefreshControls({ refreshMs, usualMs, onChange }: Props) {
  const client = useQueryClient();
  const busy = useIsFetching({ queryKey: ["metrics"] }) > 0;
  const choices = [
    ...new Set([...REFRESH_CHOICES_MS, usualMs, ...(refreshMs === null ? [] : [refreshMs])]),
  ].sort((a, b) => a - b);
  return (
    <div className={classes.refresh}>
      <Select
        size="xs"
        className={classes.refreshChoice}
        aria-label="Refresh"
        data={[
          { value: "off", label: "No refresh" },
          ...choices.map((ms) => ({ value: compact(ms), label: `Every ${compact(ms)}` })),
        ]}
        value={refreshMs === null ? "off" : compact(refreshMs)}
        allowDeselect={false}
        onChange={(choice) => onChange(choice === compact(usualMs) ? null : choice)}
      />
      <Button
        variant="default"
        onClick={() => void client.invalidateQueries({ queryKey: ["metrics"] })}
        aria-busy={busy}
      >
        Refresh
      </Button>
    </div>
  );
}
