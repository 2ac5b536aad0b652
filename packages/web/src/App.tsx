/** What surrounds every page (theme, kept answers, addresses), and which page stands at which address. */
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, type ReactElement, Suspense } from "react";
import { createBrowserRouter } from "react-router";
import { RouterProvider } from "react-router/dom";
import { createQueryClient } from "./api/queries.ts";
import { LoadingRows } from "./components/LoadingRows.tsx";
import { BoardPage } from "./pages/board/BoardPage.tsx";
import { IncidentPage } from "./pages/incident/IncidentPage.tsx";
import { IncidentsPage } from "./pages/incidents/IncidentsPage.tsx";
import { JobPage } from "./pages/job/JobPage.tsx";
import { NotFoundPage } from "./pages/not-found/NotFoundPage.tsx";
import { RunPage } from "./pages/run/RunPage.tsx";
import { PageError } from "./shell/PageError.tsx";
import { Shell } from "./shell/Shell.tsx";
import { colorSchemeManager, resolveVariables, theme } from "./theme/theme.ts";

// Loaded when they are gone to: the first page needs nothing of theirs.
const DashboardsPage = lazy(() => import("./pages/dashboards/DashboardsPage.tsx"));
const DashboardPage = lazy(() => import("./pages/dashboards/DashboardPage.tsx"));
const ExplorePage = lazy(() => import("./pages/explore/ExplorePage.tsx"));

function later(page: ReactElement): ReactElement {
  return <Suspense fallback={<LoadingRows rows={6} />}>{page}</Suspense>;
}

const client = createQueryClient();

const router = createBrowserRouter([
  {
    element: <Shell />,
    children: [
      {
        errorElement: <PageError />,
        children: [
          { path: "/", element: <BoardPage /> },
          { path: "/jobs/:namespace/:jobName", element: <JobPage /> },
          { path: "/runs/:runId", element: <RunPage /> },
          { path: "/incidents", element: <IncidentsPage /> },
          { path: "/incidents/:incidentId", element: <IncidentPage /> },
          { path: "/dashboards", element: later(<DashboardsPage />) },
          { path: "/dashboards/:name", element: later(<DashboardPage />) },
          { path: "/explore", element: later(<ExplorePage />) },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);

export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolveVariables}
      colorSchemeManager={colorSchemeManager}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
