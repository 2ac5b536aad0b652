/** The places of Batchwatch, in few words. On a phone it lies at the bottom, within reach of the thumb. */
import { NavLink } from "react-router";
import classes from "./rail.module.css";

export function Rail({ openIncidents }: { openIncidents: number }) {
  return (
    <nav className={classes.rail} aria-label="Places">
      <NavLink className={classes.brand} to="/" aria-label="Batchwatch, the board">
        <img src="/favicon.svg" alt="" width="28" height="28" />
      </NavLink>
      <NavLink className={classes.place} to="/" end>
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" fill="currentColor">
          <rect x="2" y="9" width="3" height="8" rx="1" />
          <rect x="6.5" y="5" width="3" height="12" rx="1" />
          <rect x="11" y="8" width="3" height="9" rx="1" />
          <rect x="15.5" y="3" width="3" height="14" rx="1" />
        </svg>
        Board
      </NavLink>
      <NavLink className={classes.place} to="/incidents">
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
          <path
            d="M10 2.5l8 14.5H2z"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.75"
            strokeLinejoin="round"
          />
          <path d="M10 8v4M10 14.25v.5" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" />
        </svg>
        Incidents
        {openIncidents > 0 && (
          <span className={classes.count}>
            {openIncidents > 99 ? "99+" : openIncidents}
            <span className="bw-hidden"> open</span>
          </span>
        )}
      </NavLink>
      <NavLink className={classes.place} to="/dashboards">
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
          <path
            d="M2.75 3.75h6v7h-6zM11.25 3.75h6v3.5h-6zM11.25 9.75h6v6.5h-6zM2.75 13.25h6v3h-6z"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            strokeLinejoin="round"
          />
        </svg>
        Dashboards
      </NavLink>
      <NavLink className={classes.place} to="/explore">
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor">
          <path
            d="M2.5 14.5l4-5 3.5 3 4.5-7"
            strokeWidth="1.75"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
          <circle cx="16" cy="4" r="1.6" fill="currentColor" stroke="none" />
        </svg>
        Explore
      </NavLink>
    </nav>
  );
}
