/** The pages' entry: puts the application into the document. */
import "./theme/fonts.css";
import "./theme/mantine.css";
import "./theme/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id “root”");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
