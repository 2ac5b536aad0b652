/** Violations and detections: what was expected, what is, and why; with where they led. */
import { Link } from "react-router";
import type { Judgement } from "../api/resources.ts";
import { incidentLink } from "../url-state/links.ts";
import { Instant } from "./Instant.tsx";
import classes from "./judgement-list.module.css";
import { OutcomeBadge } from "./OutcomeBadge.tsx";
import { factWords, severityLook } from "./outcome.ts";

interface Props {
  judgements: readonly Judgement[];
  /** The page is the incident's own: a link to it would lead nowhere. */
  inIncident?: boolean;
}

export function JudgementList({ judgements, inIncident = false }: Props) {
  return (
    <ul className={classes.list}>
      {judgements.map((judgement) => (
        <JudgementItem key={judgement.id} judgement={judgement} inIncident={inIncident} />
      ))}
    </ul>
  );
}

function JudgementItem({ judgement, inIncident }: { judgement: Judgement; inIncident: boolean }) {
  const look = severityLook(judgement.severity);
  const open = judgement.state === "open";
  return (
    <li
      className={classes.item}
      style={{ borderLeftColor: open ? `var(--bw-${look.outcome})` : "var(--bw-line)" }}
    >
      <div className={classes.head}>
        <h3 className={classes.type}>{sentenceCase(factWords(judgement.type))}</h3>
        <OutcomeBadge look={look} />
        <span className={classes.state}>
          {judgement.class}, {open ? "open since" : "was open"} <Instant at={judgement.at} show="seconds" />
          {!open && judgement.resolvedAt && (
            <>
              {" to "}
              <Instant at={judgement.resolvedAt} show="seconds" bare />
            </>
          )}
        </span>
      </div>
      <p className={classes.explanation}>{judgement.explanation}</p>
      <dl className={classes.figures}>
        {judgement.limit !== null && <Figure name="Limit" value={judgement.limit} />}
        {judgement.value !== null && <Figure name="Value" value={judgement.value} />}
        {judgement.slotAt !== null && (
          <Figure name="Slot" value={<Instant at={judgement.slotAt} show="clock" />} />
        )}
        {judgement.resolution !== null && <Figure name="Resolved because" value={judgement.resolution} />}
        {judgement.suppressedBecause !== null && (
          <Figure name="Paged nobody because" value={factWords(judgement.suppressedBecause)} />
        )}
      </dl>
      {!inIncident && judgement.incidentId !== null && (
        <Link className="bw-link" to={incidentLink(judgement.incidentId)}>
          Incident {judgement.incidentId}
        </Link>
      )}
    </li>
  );
}

function Figure({ name, value }: { name: string; value: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
