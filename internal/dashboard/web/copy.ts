// A button data-copy="id" copies the text of the element of that id, and says so.
export function copyOnClick(): void {
  document.addEventListener("click", async (e) => {
    const button = (e.target as Element).closest<HTMLButtonElement>("button[data-copy]");
    if (!button) return;
    const from = document.getElementById(button.dataset.copy ?? "");
    if (!from) return;
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(from.textContent ?? "");
      button.textContent = "Copied";
    } catch {
      // Without a secure address there is no clipboard: what is selected, the user copies.
      getSelection()?.selectAllChildren(from);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = before), 2000);
  });
}
