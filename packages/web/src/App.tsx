/** What surrounds every page (theme, kept answers, addresses), and which page stands at which address. */
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { createBrowserRouter } from "react-router";
import { RouterProvider } from "react-router/dom";
import { createQueryClient } from "./api/queries.ts";
import { BoardPage } from "./pages/board/BoardPage.tsx";
import { IncidentPage } from "./pages/incident/IncidentPage.tsx";
import { IncidentsPage } from "./pages/incidents/IncidentsPage.tsx";
import { JobPage } from "./pages/job/JobPage.tsx";
import { NotFoundPage } from "./pages/not-found/NotFoundPage.tsx";
import { RunPage } from "./pages/run/RunPage.tsx";
import { PageError } from "./shell/PageError.tsx";
import { Shell } from "./shell/Shell.tsx";
import { colorSchemeManager, resolveVariables, theme } from "./theme/theme.ts";

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
