// The keys: / search, u upload, g and a letter a page of the menu, ? all of them.
const menu = (key: string) => document.querySelector<HTMLAnchorElement>(`#menu a[data-key="${CSS.escape(key)}"]`);

export function openHelp(): void {
  const help = document.getElementById("help") as HTMLDialogElement | null;
  if (help && !help.open) help.showModal();
}

export function watchKeys(): void {
  let going = 0;
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || (e.target as Element).closest("input, textarea, select, [contenteditable], dialog[open]")) return;
    if (Date.now() - going < 1500) {
      going = 0;
      const to = menu(e.key);
      if (to) {
        e.preventDefault();
        to.click();
      }
      return;
    }
    if (e.key === "g") going = Date.now();
    else if (e.key === "?") openHelp();
    else if (e.key === "u") document.querySelector<HTMLAnchorElement>('#menu a[href="/ui/upload"]')?.click();
    else if (e.key === "/") {
      e.preventDefault();
      const field = document.querySelector<HTMLInputElement>("[data-search]");
      if (field) field.focus();
      else document.querySelector<HTMLAnchorElement>('#menu a[href="/ui/search"]')?.click();
    }
  });
}
