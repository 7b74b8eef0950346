const KEY = 'takt-reloaded-ms';
/** A page that a cache keeps old must not load itself again and again. */
const RELOAD_EVERY_MS_MIN = 60_000;

/** Loads the page again when the server has another build than the one this page belongs to. */
export function reloadForBuild(serverBuild: string): void {
  const meta = document.querySelector('meta[name="takt-build"]');
  const own = meta === null ? null : meta.getAttribute('content');
  if (own === null || own === serverBuild) return;
  const lastMs = Number(sessionStorage.getItem(KEY));
  if (Date.now() - lastMs < RELOAD_EVERY_MS_MIN) return;
  sessionStorage.setItem(KEY, String(Date.now()));
  location.reload();
}
