// What concerns a page, done when it is there: at first, and after each that replaces it.
export function onPage(setUp: () => void): void {
  setUp();
  document.addEventListener("htmx:afterSettle", setUp);
}

export const csrf = (): string => document.querySelector<HTMLInputElement>('input[name="csrf"]')?.value ?? "";
