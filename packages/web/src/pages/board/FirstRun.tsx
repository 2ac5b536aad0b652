/** The board without a job: three ways of sending a first run, in the words of the server's own greeting. */
import type { Overview } from "../../api/resources.ts";
import { CopyBlock } from "../../components/CopyBlock.tsx";
import { OutcomeMark } from "../../components/OutcomeMark.tsx";
import { PageHeader } from "../../components/PageHeader.tsx";
import classes from "./board.module.css";
import { firstRunWays } from "./first-run-ways.ts";

export function FirstRun({ overview }: { overview: Overview | null }) {
  const ways = firstRunWays(overview?.httpUrl ?? location.origin, overview?.authRequired ?? false);
  return (
    <div className={classes.first}>
      <PageHeader
        title="Send a first run"
        sentence="A job comes into being with its first event; there is nothing to set up. Copy one of these three into a terminal."
      />
      <ol className={classes.ways}>
        {ways.map((way) => (
          <li key={way.title} className={classes.way}>
            <h2>{way.title}</h2>
            <p>{way.words}</p>
            <CopyBlock label={way.title} code={way.code} />
          </li>
        ))}
      </ol>
      <p className={classes.waiting} role="status">
        <OutcomeMark outcome="running" live />
        Waiting for the first run. It appears here by itself.
      </p>
    </div>
  );
}
