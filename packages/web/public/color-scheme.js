// Sets the colour scheme before the page paints: the reader's choice, else the system's.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem("batchwatch.scheme");
  } catch {
    // Storage can be switched off; the system's scheme is used then.
  }
  const dark =
    choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
