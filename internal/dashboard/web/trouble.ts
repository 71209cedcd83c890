// A form or a link that the server did not answer says so where outcomes are told.
export function tellTrouble(): void {
  const tell = () => {
    const told = document.getElementById("told");
    if (!told) return;
    const p = document.createElement("div");
    p.className = "told bad";
    p.textContent = "The server cannot be reached. What you did may not have been done; try again in a moment.";
    told.replaceChildren(p);
  };
  document.addEventListener("htmx:sendError", tell);
  document.addEventListener("htmx:timeout", tell);
}
