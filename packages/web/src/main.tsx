/** The pages' entry: puts the application into the document. */
// The fonts are bundled, so that no request leaves the page. Inter in all its alphabets, code in Latin only.
import "@fontsource-variable/inter/wght.css";
import "@fontsource/jetbrains-mono/latin-400.css";
import "@fontsource/jetbrains-mono/latin-600.css";
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
