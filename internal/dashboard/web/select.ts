// In a form with data-many, a checkbox data-all chooses all others, and buttons that act on
// what is chosen tell how many.
export function selectMany(): void {
  const count = (form: HTMLFormElement) => {
    const boxes = [...form.querySelectorAll<HTMLInputElement>('input[type="checkbox"][name="id"]')];
    const chosen = boxes.filter((b) => b.checked).length;
    const all = form.querySelector<HTMLInputElement>("[data-all]");
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    for (const out of form.querySelectorAll("[data-chosen]")) out.textContent = chosen ? `${chosen} chosen` : "";
  };
  document.addEventListener("change", (e) => {
    const box = e.target as HTMLInputElement;
    const form = box.closest<HTMLFormElement>("form[data-many]");
    if (!form || box.type !== "checkbox") return;
    if (box.matches("[data-all]")) {
      for (const b of form.querySelectorAll<HTMLInputElement>('input[name="id"]')) b.checked = box.checked;
    }
    count(form);
  });
}
