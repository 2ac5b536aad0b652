/** Grey rows in the place of what is coming, after 200 ms: what comes sooner needs no announcement. */
import { Skeleton } from "@mantine/core";
import { useEffect, useState } from "react";
import classes from "./states.module.css";

const PATIENCE_MS = 200;
const ROW_KEYS = ["a", "b", "c", "d", "e", "f", "g", "h"];

export function LoadingRows({ rows = 5, height = 36 }: { rows?: number; height?: number }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={classes.loading} role="status" aria-label="Loading">
      {late && ROW_KEYS.slice(0, rows).map((key) => <Skeleton key={key} height={height - 12} radius={4} />)}
    </div>
  );
}
