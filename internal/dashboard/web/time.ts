// Distances in time go on while a page is open. The words are those of the server.
function lasting(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} days`;
}

export function keepTimes(): void {
  setInterval(() => {
    for (const e of document.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
      const d = (Date.now() - Date.parse(e.dateTime)) / 1000;
      if (!Number.isFinite(d)) continue;
      const now = Math.abs(d) < 2 ? "now" : d < 0 ? `in ${lasting(-d)}` : `${lasting(d)} ago`;
      if (e.textContent !== now) e.textContent = now;
    }
  }, 10000);
}
