/** An address where nothing is. */
import { Link, useLocation } from "react-router";
import { EmptyState } from "../../components/EmptyState.tsx";
import { PageHeader } from "../../components/PageHeader.tsx";

export function NotFoundPage() {
  const { pathname } = useLocation();
  return (
    <>
      <PageHeader title="Nothing here" />
      <EmptyState>
        There is no page at <code>{pathname}</code>. Pings live under <code>/ping/</code>, the API under{" "}
        <code>/api/</code>.{" "}
        <Link className="bw-link" to="/">
          Go to the board
        </Link>
      </EmptyState>
    </>
  );
}
