/** A page that broke while it was drawn: says so, and the rest of the frame still works. */
import { useRevalidator, useRouteError } from "react-router";
import { ErrorState } from "../components/ErrorState.tsx";

export function PageError() {
  const error = useRouteError();
  const { revalidate } = useRevalidator();
  return <ErrorState error={error} onRetry={() => void revalidate()} />;
}
