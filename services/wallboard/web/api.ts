/** The key of a takt that wants one stands behind the #, which no browser sends to a server: #key=… */
function presentedKey(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get('key');
}

/** The headers that carry the key. */
export function authorization(): Record<string, string> {
  const key = presentedKey();
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

/** What takt answered instead of what was asked for. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** GET of a JSON answer. Throws Refusal, or what fetch throws when takt cannot be reached. */
export async function getJson<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: authorization(), cache: 'no-store' });
  const answer = (await response.json()) as T & { readonly message?: string };
  if (!response.ok) throw new Refusal(response.status, answer.message ?? String(response.status));
  return answer;
}

/** An address of this takt in the same language and with the same key. */
export function addressOf(path: string): string {
  const lang = new URLSearchParams(location.search).get('lang');
  return `${path}${lang === null ? '' : `?lang=${encodeURIComponent(lang)}`}${location.hash}`;
}
